"""The import as a planner does it in the web client: a wrong file gets a sentence, a good one a preview and figures."""

import pytest

from tests.support.browser import DESKTOP, PHONE, chromium

pytestmark = pytest.mark.slow

WAIT = 60_000  # milliseconds; the import itself runs in a job


@pytest.fixture
def planner(clone, registry_process, server):
    """A server whose demonstration planner may log in, jobs running."""
    db = clone("inventory_plus", assets=True)
    registry_process(db, "tests.company.work:people").go().result(timeout=120)
    return server(db, workers=0, load="queue_job", crons=1)


def upload(page, path):
    """Choose a file and wait until the form names it."""
    page.locator(".o_field_widget[name=file] input[type=file]").set_input_files(path)
    shown = "name => [...document.querySelectorAll('[name=file] input[type=text]')].some((one) => one.value === name)"
    page.wait_for_function(shown, arg=path.name)


def press(page, name):
    """The first button above the form, which a phone shows too."""
    page.locator(f".o_statusbar_buttons button[name={name}]:visible").click()


def walk(house, watched, phone, folder):
    """Upload the wrong file, read the sentence, upload the right one, look at it, import it."""
    page = watched.login(house.url, house.db, "planner", "planner").page
    page.set_default_timeout(WAIT)
    word = "phone" if phone else "desktop"
    wrong, right = folder / f"{word}_wrong.csv", folder / f"{word}_right.csv"
    wrong.write_text("Colour,Size\nred,3\n")
    right.write_text("SKU,Date,Quantity\n" + "".join(f"{word}-{n},2024-05-{n:02d},{n}\n" for n in range(1, 10)))

    page.goto(f"{house.url}/odoo/sales-history/new")
    page.wait_for_selector(".o_form_view")
    upload(page, wrong)
    press(page, "action_check")
    said = page.locator(".modal .modal-body, .o_notification .o_notification_content").first
    said.wait_for()
    assert "No column is said to be: Product" in said.inner_text()
    page.keyboard.press("Escape")
    page.locator(".modal").wait_for(state="hidden")

    upload(page, right)
    page.locator(".o_field_widget[name=create_products] input").check()
    press(page, "action_check")
    page.locator(".alert-info .o_field_widget[name=summary]:has-text('9')").wait_for()
    page.locator(".o_notebook .nav-link:has-text('First Lines')").click()
    preview = page.locator(".o_field_widget[name=preview_html]")
    preview.wait_for()
    assert f"{word}-1" in preview.inner_text()
    press(page, "action_import")
    client = house.client("planner", "planner")
    domain = [["filename", "=", right.name], ["state", "=", "done"]]
    for _second in range(60):
        if client.call("inventory.history.import", "search_count", domain):
            break
        page.wait_for_timeout(1000)
    page.reload()
    done = page.locator(".alert-success .o_field_widget[name=summary]")
    done.wait_for()
    assert "9" in done.inner_text()
    assert client.call("inventory.history.import", "search_read", domain, ["fact_count"])[0]["fact_count"] == 9
    assert watched.errors == []


def test_import_on_desktop_and_phone(planner, tmp_path):
    with chromium() as open_page:
        for device in (DESKTOP, PHONE):
            walk(planner, open_page(device), device is PHONE, tmp_path)
