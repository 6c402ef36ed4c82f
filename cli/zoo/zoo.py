"""The verb that lists the zoo."""

from __future__ import annotations

from ..options import Json, show
from ..program import NETWORK, verb


@verb(NETWORK)
def zoo(as_json: Json = False) -> None:
    """List trained networks that come with the package.

    Each is run on its own data set: spikewatt run --network zoo:lenet
    """
    from ...analysis.report.findings import Column, Findings, Table
    from ...analysis.report.units import PERCENT
    from ...models.zoo.catalogue import zoo as networks

    columns = (
        Column("network", ("network",)),
        Column("data set", ("dataset",)),
        Column("Keras accuracy", ("accuracy",), unit=PERCENT),
        Column("parameters", ("parameters",)),
        Column("MACs", ("macs",)),
        Column("what", ("description",)),
    )
    title = "Trained networks that come with the package; accuracy on the test images"
    note = "Any of them stands where a network is named: spikewatt run --network zoo:lenet"
    show(Findings((Table("rows", title, networks(), columns),), notes=(note,)), as_json)
