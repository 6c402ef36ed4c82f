"""What `spikewatt verify` runs: each target is a class, and the registry names them all."""
