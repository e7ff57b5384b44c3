import numpy as np
import pytest

from app.dashboard.umap_process import UmapError, umap_is_there, umap_places

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_the_package_is_installed_for_tests() -> None:
    assert umap_is_there()


async def test_what_cannot_be_computed_is_told_in_a_line() -> None:
    points = np.zeros((1, 3), dtype=np.float32)  # it has no neighbor

    with pytest.raises(UmapError, match=r"^\S.*$"):
        await umap_places(points, np.zeros((1, 2)))
