"""The test kit for authors of plugins: contracts to inherit, and a workbench that runs connectors inside a test.

Needs pytest (``pip install 'penstock[testing]'``). The fixtures ``chain``, ``workbench`` and ``penstock_plugins`` are there
wherever Penstock is installed; see docs/testing-a-chain.md.
"""

from penstock.chains.message import Dropped, Failed, Message, Passed, Unreached
from penstock.chains.tester import ChainResult, ChainTester
from penstock.states import State
from penstock.testing.converter_contract import ConverterContract
from penstock.testing.running import RunningConnector, RunningTask
from penstock.testing.sink_contract import SinkConnectorContract
from penstock.testing.source_contract import SourceConnectorContract
from penstock.testing.transformation_contract import TransformationContract
from penstock.testing.waiting import eventually
from penstock.testing.workbench import Workbench

__all__ = [
    "ChainResult",
    "ChainTester",
    "ConverterContract",
    "Dropped",
    "Failed",
    "Message",
    "Passed",
    "RunningConnector",
    "RunningTask",
    "SinkConnectorContract",
    "SourceConnectorContract",
    "State",
    "TransformationContract",
    "Unreached",
    "Workbench",
    "eventually",
]
