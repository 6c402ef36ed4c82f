"""Networks of published studies: what they are, their trained weights, and how to train them.

`catalogue` says what there is, `load` gives a trained Keras model, `train` makes one.

Architectures, facts and recipes are text, in ``data/``. Trained weights are archives of numpy:
the smaller ones in ``weights/``, the others in folders that a user names.
"""
