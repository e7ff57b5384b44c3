"""The page of a server with keys asks for one."""

from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import expect

from app.domain.keys import Scope, new_key
from app.storage.key_file import KeyFile
from tests.process.server_process import serving

from .conftest import Open
from .study import observe


def test_the_page_asks_for_a_key_until_it_is_right_and_forgets_it_when_it_is_left(
    open_page: Open, tmp_path: Path
) -> None:
    key, text = new_key("reader", Scope.WRITE, None, datetime.now(UTC), None)
    KeyFile(tmp_path / "data").add(key)
    with serving(tmp_path / "data") as server:
        server.http.headers["Authorization"] = f"Bearer {text}"
        observe(server, 20)
        page = open_page(server.url, forgive=401)
        asked = page.get_by_role("dialog")
        expect(asked).to_contain_text("this needs a key")

        asked.get_by_label("Key").fill("emprox-0123456789-wrong")
        asked.get_by_role("button", name="Go on").click()
        expect(asked).to_contain_text("this is no key of this server")
        asked.get_by_label("Key").fill(text)
        asked.get_by_label("Key").press("Enter")

        expect(asked).to_have_count(0)
        expect(page.locator("#map")).to_contain_text("trained architectures")
        expect(page.locator("#connection")).to_have_text("live")
        observe(server, 30, seed=8)
        expect(page.locator("#glance")).to_contain_text("50")  # told by the stream, which has the key as well
        kept = page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
        assert text not in kept

        page.reload()
        expect(page.get_by_role("dialog")).to_contain_text("this needs a key")
