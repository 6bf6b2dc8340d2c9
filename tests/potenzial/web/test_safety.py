import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from potenzial.commands.serving import Asked, serve
from potenzial.errors import ConfigError
from potenzial.project import Project
from potenzial.web.access import FAILURES, WINDOW, Access, LoginLimit, read_tokens
from potenzial.web.app import create_app

PAGES = ("/", "/customers", "/customers/K-0005", "/export/customers.csv", "/api/v1/customers", "/api/v1/feedback")


@pytest.fixture
def mark(page: TestClient) -> str:
    """The mark in the forms of the open page."""
    return page.get("/customers/K-0005").text.partition('name="mark" value="')[2].partition('"')[0]


@pytest.mark.parametrize("path", [*PAGES, "/nowhere", "/login"])
def test_every_answer_forbids_scripts_of_others_and_copies(page: TestClient, path: str) -> None:
    """Answers carry a policy without inline script or style, and stay in no cache."""
    headers = page.get(path).headers
    assert "unsafe" not in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_mistake_of_the_program_is_told_without_its_details(stock: Project) -> None:
    """What nobody foresaw is an error page, or a problem document, with the same headers as any other answer."""
    app = create_app(stock)

    @app.get("/oops")
    @app.get("/api/v1/oops")
    def oops() -> None:
        raise RuntimeError("secret")

    client = TestClient(app, base_url="http://127.0.0.1:8765", raise_server_exceptions=False)
    for path, said in (("/oops", "<h1>Das hat nicht geklappt"), ("/api/v1/oops", "This is a mistake in Potenzial")):
        answer = client.get(path)
        assert (answer.status_code, said in answer.text, "secret" in answer.text) == (500, True, False), answer.text
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"


def test_pages_have_no_inline_script_or_style(page: TestClient) -> None:
    """What the policy forbids does not stand in the pages."""
    for path in ("/", "/customers", "/customers/K-0005"):
        text = page.get(path).text
        assert "style=" not in text
        assert "<style" not in text
        assert " on" + "click" not in text
        assert text.count("<script") == text.count('<script src="/static/')


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.", "[::2]:8765"])
def test_a_foreign_host_is_refused(page: TestClient, host: str) -> None:
    """A request that names another host, as after DNS rebinding, is not served."""
    assert page.get("/customers", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "[::1]:8765", "LOCALHOST"])
def test_the_own_hosts_are_served(page: TestClient, host: str) -> None:
    """The names of this machine are served with and without port."""
    assert page.get("/customers", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"},
     {"origin": "http://127.0.0.1:9999"}],
)  # fmt: skip
def test_a_form_from_another_page_is_refused(page: TestClient, mark: str, headers: dict[str, str]) -> None:
    """Posts of other origins are refused even with the right mark, on pages and on the interface."""
    form = {"mark": mark, "verdict": "fits"}
    assert page.post("/customers/K-0005", data=form, headers=headers).status_code == 403
    assert page.post("/api/v1/customers/K-0005/feedback", json={"verdict": "fits"}, headers=headers).status_code == 403


@pytest.mark.parametrize("mark", ["", "0" * 64, "ä"])
def test_a_form_without_its_mark_is_refused(page: TestClient, mark: str) -> None:
    """Posts without the mark of the reader's own pages are refused."""
    assert page.post("/customers/K-0005", data={"mark": mark, "verdict": "fits"}).status_code == 403


def test_the_interface_takes_json_alone(page: TestClient) -> None:
    """A post that a foreign form could send without asking first is refused."""
    answer = page.post(
        "/api/v1/customers/K-0005/feedback", content='{"verdict": "fits"}', headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 422


def test_requests_are_bounded(page: TestClient, mark: str) -> None:
    """A body above the limit is refused, whether or not it states its length."""
    large = b"comment=" + b"x" * 2_000_000
    kind = {"content-type": "application/x-www-form-urlencoded", "x-mark": mark}
    assert page.post("/customers/K-0005", content=large, headers=kind).status_code == 413
    assert page.post("/customers/K-0005", content=iter([large]), headers=kind).status_code == 413


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_shown_without_a_token(browser: object, stock: Project, tokens: Access, path: str) -> None:
    """With tokens configured, pages lead to the login and the interface answers 401."""
    client: TestClient = browser(stock, tokens)  # type: ignore[operator]
    answer = client.get(path)
    assert answer.status_code == (401 if path.startswith("/api/") else 303)
    assert "Firma" not in answer.text
    wrong = client.get(path, headers={"authorization": "Bearer meyers-own-token-000003"})
    assert wrong.status_code == answer.status_code


def test_the_token_is_kept_where_no_script_reads_it(browser: object, stock: Project, tokens: Access) -> None:
    """The login keeps the token in a cookie that is HttpOnly and SameSite=Strict, and the logout removes it."""
    client: TestClient = browser(stock, tokens)  # type: ignore[operator]
    answer = client.post("/login", data={"token": "meyers-own-token-000002"})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "token" not in answer.headers["location"]
    mark = client.get("/").text.partition('name="mark" value="')[2].partition('"')[0]
    assert client.post("/logout", data={"mark": mark}).status_code == 303
    assert client.get("/").headers["location"] == "/login"


def test_tokens_cannot_be_tried_at_will(browser: object, stock: Project, tokens: Access) -> None:
    """After some failed logins even the right token has to wait, and failures are in the audit log."""
    client: TestClient = browser(stock, tokens)  # type: ignore[operator]
    for _ in range(FAILURES):
        assert client.post("/login", data={"token": "wrong"}).status_code == 401
    assert client.post("/login", data={"token": "meyers-own-token-000002"}).status_code == 429


def test_the_login_limit_ends() -> None:
    """Logins may be tried again once the failures are old enough."""
    now = 0.0
    limit = LoginLimit(clock=lambda: now)
    for _ in range(FAILURES):
        limit.fail()
    assert limit.wait == WINDOW
    now = WINDOW
    assert limit.wait == 0


def test_an_address_for_others_needs_tokens(finished: Path) -> None:
    """Listening on an address that others reach is refused without a token file."""
    with pytest.raises(ConfigError, match="--token-file"):
        serve(finished / "potenzial.toml", 0, Asked("0.0.0.0", 0, None))  # noqa: S104 - is what has to be refused


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "access"),
        ("access = []", "no entry"),
        ('[[access]]\nwho = "A"\ntoken = "short"', "signs"),
        ('[[access]]\nwho = "A"\ntoken = "12345678901234567890"\n' * 2, "same token"),
        ('[[access]]\nwho = "A"\ntoken = "12345678901234567890"\nright = 1', "right"),
        ("[[access", "no token file"),
    ],
)
def test_an_unusable_token_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    """A token file that cannot be used is named with what is wrong and what an entry looks like."""
    path = tmp_path / "tokens.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said) as caught:
        read_tokens(path)
    assert str(path) in str(caught.value)
    assert "[[access]]" in str(caught.value)


def test_exports_are_in_the_audit_log(browser: object, copied: Project, tokens: Access) -> None:
    """Each download is noted with reader, filter, format and rows, one JSON object a line."""
    client: TestClient = browser(copied, tokens)  # type: ignore[operator]
    client.headers["authorization"] = "Bearer meyers-own-token-000002"
    assert client.get("/export/customers.csv?class_potential=A&q=gmbh").status_code == 200
    lines = (copied.folder / "audit.jsonl").read_text("utf-8").splitlines()
    entry = json.loads(lines[-1])
    assert (entry["event"], entry["who"], entry["format"]) == ("export", "Meyer", "csv")
    assert entry["filter"] == {"q": "gmbh", "class_potential": ["A"]}
    assert entry["rows"] > 0


def test_the_command_serves_until_it_is_stopped(finished: Path, tmp_path: Path) -> None:
    """`potenzial serve` prints its address, warns of tokens that show nothing, and ends well with Ctrl-C."""
    tokens = tmp_path / "tokens.toml"
    tokens.write_text('[[access]]\nwho = "X"\ntoken = "12345678901234567890"\nowner = "Nobody"\n', encoding="utf-8")
    command = [sys.executable, "-c", "from potenzial.cli import main; main()", "serve", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--token-file", str(tokens)], cwd=finished, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    address = process.stdout.readline().split()[0]
    assert httpx.get(f"{address}api/v1/customers").status_code == 401
    answer = httpx.get(f"{address}api/v1/customers", headers={"authorization": "Bearer 12345678901234567890"})
    assert answer.json()["count"] == 0
    process.send_signal(signal.SIGINT)
    _, warned = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "no customer has the owner `Nobody`" in warned
