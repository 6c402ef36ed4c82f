"""How a row of networks is run: Keras, int8, each conversion in parts, ANNarchy, prices."""
