"""Numbers known before a training, beside the architectures that they come with."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.domain.errors import InvalidArchitectureError, InvalidProxiesError
from app.domain.study import Study
from app.predictor.encoding import Encoded


def with_proxies(
    encoded: Sequence[Encoded | InvalidArchitectureError],
    proxies: Sequence[Mapping[str, float]] | None,
    study: Study,
    all_known: Sequence[bool] | None = None,
) -> Sequence[Encoded | InvalidArchitectureError | InvalidProxiesError]:
    """Architectures with the proxies that came with them, or what is wrong with either.

    Args:
        all_known: for each, whether it needs all proxies; default all do.
    """
    if proxies is None:
        if not study.proxies:
            return encoded
        proxies = [{}] * len(encoded)
    found: list[Encoded | InvalidArchitectureError | InvalidProxiesError] = []
    for each, given, needed in zip(encoded, proxies, all_known or [True] * len(encoded), strict=True):
        if isinstance(each, InvalidArchitectureError):
            found.append(each)
        elif error := study.wrong_proxies(given, all_known=needed):
            found.append(InvalidProxiesError(error))
        else:
            found.append(replace(each, proxies=study.proxy_values(given)) if study.proxies else each)
    return found
