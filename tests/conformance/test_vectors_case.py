"""CASE/UCO: the published example has the shape that a custody export would follow.

Only the shape is claimed: JSON-LD with a context and a graph, in which provenance
records are reached from the actions that made them. No custody export exists yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = "vectors/case"
INVESTIGATION = "https://ontology.caseontology.org/case/investigation/"
RECORD = "case-investigation:ProvenanceRecord"
ACTION = "case-investigation:InvestigativeAction"


def documents(shared: Path) -> Iterator[dict[str, Any]]:
    """Every document of the set."""
    paths = sorted((shared / FOLDER).rglob("*.json*"))
    assert paths
    for path in paths:
        yield json.loads(path.read_bytes())


def nodes(document: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = []
    for node in document["@graph"]:
        kinds = node["@type"]
        if kind in ([kinds] if isinstance(kinds, str) else kinds):
            found.append(node)
    return found


def test_each_document_is_a_graph_with_provenance(shared: Path) -> None:
    """Context and graph are there, nodes have types and ids of their own."""
    for document in documents(shared):
        assert document["@context"]["case-investigation"] == INVESTIGATION
        graph = document["@graph"]
        assert all("@type" in node for node in graph)
        ids = [node["@id"] for node in graph if "@id" in node]
        assert len(set(ids)) == len(ids) > 0
        assert nodes(document, ACTION)
        for record in nodes(document, RECORD):
            assert record["@id"]


def test_provenance_records_are_reached_from_actions(shared: Path) -> None:
    """Whatever an action says it made is a node of the same graph, by its id."""
    for document in documents(shared):
        records = {record["@id"] for record in nodes(document, RECORD)}
        made = set[str]()
        for action in nodes(document, ACTION):
            results = action.get("uco-action:result", [])
            for result in results if isinstance(results, list) else [results]:
                made.add(result["@id"])
        assert records & made or not records
