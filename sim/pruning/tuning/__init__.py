"""Fine-tuning: the Keras network trained on with its zeros held, and converted again."""
