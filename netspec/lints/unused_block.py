"""NS514: the spec declares a block that no layer of the network is made of.

Blocks of files that it uses are not meant: those are there for several specs. Where a param takes an op,
any block may be given.
"""

from __future__ import annotations

from netspec.diagnostics import Collector
from netspec.lints.facts import Facts
from netspec.lints.places import offered
from netspec.lints.removable import block_can_go


def unused_block(facts: Facts, collector: Collector) -> None:
    for block in facts.program.spare:
        if block.span.source is facts.documents[0].source:
            edit = facts.places.without_entry(block.span) if block_can_go(block, facts) else None
            collector.add(
                "NS514",
                f"the block `{block.name}` is never used",
                block.span,
                help=f"give a layer the op `{block.name}`, or remove the block",
                fixes=offered(f"Remove the block `{block.name}`", edit),
            )
