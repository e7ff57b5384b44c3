"""Client of EmProx Server: estimates before a training, and what to train next.

from emprox_client import Client

client = Client()
client.observe(architecture, {"val_accuracy": 93.1})
print(client.predict(candidates))
"""

from emprox_client.async_client import AsyncClient, AsyncStudyHandle
from emprox_client.client import Client, StudyHandle
from emprox_client.errors import EmProxError
from emprox_client.results.observation_page import ObservationPage
from emprox_client.results.predictions import Predictions
from emprox_client.results.stored import Stored, StoredObservations
from emprox_client.results.suggestions import Suggestions
from emprox_client.version import VERSION

__all__ = [
    "VERSION",
    "AsyncClient",
    "AsyncStudyHandle",
    "Client",
    "EmProxError",
    "ObservationPage",
    "Predictions",
    "Stored",
    "StoredObservations",
    "StudyHandle",
    "Suggestions",
]
