"""Who does the work of a sweep: processes on this machine, or the workers of a Dask cluster."""
