"""The networks that can be chosen by name."""

from __future__ import annotations

from contextures.encoders.neural.networks.base import Network
from contextures.encoders.neural.networks.categorical import CategoricalMLP
from contextures.encoders.neural.networks.conv import ConvNet
from contextures.encoders.neural.networks.graph import GraphNetwork
from contextures.encoders.neural.networks.mlp import MLP, Table
from contextures.encoders.neural.networks.partners import Partners
from contextures.encoders.neural.networks.transformer import TokenTransformer

KINDS: dict[str, type[Network]] = {
    network.kind: network
    for network in (MLP, Table, CategoricalMLP, ConvNet, TokenTransformer, GraphNetwork, Partners)
}
"""Networks by their names."""

__all__ = [
    "KINDS",
    "MLP",
    "CategoricalMLP",
    "ConvNet",
    "GraphNetwork",
    "Network",
    "Partners",
    "Table",
    "TokenTransformer",
]
