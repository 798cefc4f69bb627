"""Tests keep their outcomes to themselves: no cache of the user's is read or written."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NETSPEC_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield
