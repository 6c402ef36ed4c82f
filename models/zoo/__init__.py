"""Small trained networks that come with the package: to try everything without training or data.

`catalogue` says what there is, `load` gives a Keras model, ``python -m spikewatt.models.zoo.train``
makes the weights again. Wherever a network is named, ``zoo:NAME`` is one of these.

>>> from spikewatt.models import zoo
>>> "zoo:lenet" in zoo.names()
True
"""

from .catalogue import names as names
from .catalogue import zoo as zoo
