import pytest
from fastapi.testclient import TestClient


def test_every_answer_forbids_scripts_of_others_and_copies(page: TestClient) -> None:
    """Pages carry a policy without inline script or style, and stay in no cache."""
    for path in ("/", "/customers", "/nowhere"):
        headers = page.get(path).headers
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.", "[::2]:8765"])
def test_a_foreign_host_is_refused(page: TestClient, host: str) -> None:
    """A request that names another host, as after DNS rebinding, is not served."""
    assert page.get("/customers", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "[::1]:8765", "LOCALHOST"])
def test_the_own_hosts_are_served(page: TestClient, host: str) -> None:
    """The names of this machine are served with and without port."""
    assert page.get("/customers", headers={"host": host}).status_code == 200
