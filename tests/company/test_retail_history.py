"""Two years of real sales: complete, fast, once, and gone without a trace."""

import os
import shutil

import pytest

pytestmark = pytest.mark.slow

SECONDS = 120  # for 536,508 rows and 4,907 new products


def test_retail_history_is_imported_once_and_undone(retail, clone, registry_process):
    db = clone()
    idle = os.getloadavg()[0] < 1.5
    first = registry_process(db, "tests.company.work:import_file", [str(retail)])
    first.go()
    result = first.result(timeout=600)
    assert (result["facts"], result["products"]) == (536_508, 4_907)
    # What the file holds, added up by another program.
    assert (result["sold"], result["returned"]) == (11_221_771, 469_881)
    assert result["moves"] == 0
    # A machine that does other work as well proves nothing about speed.
    assert result["seconds"] < SECONDS or not idle, f"took {result['seconds']:.0f} s"

    again = registry_process(db, "tests.company.work:import_file", [str(retail)])
    again.go()
    second = again.result(timeout=600)
    assert second["already"]
    assert (second["facts"], second["sold"]) == (536_508, 11_221_771)

    back = registry_process(db, "tests.company.work:undo", [result["import_id"]])
    back.go()
    assert {key: value for key, value in back.result(timeout=600).items() if key != "seconds"} == {
        "facts": 0,
        "products": 0,
    }


def test_a_killed_import_leaves_nothing_and_runs_again(tmp_path, clone, registry_process):
    path = tmp_path / "sales.csv"
    rows = [f"K{code:03d},2024-{month:02d}-05,{code + month}" for code in range(50) for month in range(1, 13)]
    path.write_text("sku,date,quantity\n" + "\n".join(rows) + "\n")
    db = clone()
    killed = registry_process(db, "tests.company.work:import_slowly", [str(path)])
    killed.go()
    assert killed.say() == "written"
    killed.kill()
    again = registry_process(db, "tests.company.work:import_file", [str(path)])
    again.go()
    result = again.result(timeout=120)
    assert not result["already"]
    assert (result["facts"], result["products"]) == (600, 50)


def test_two_imports_of_one_file_at_once_count_once(tmp_path, clone, together):
    path = tmp_path / "sales.csv"
    path.write_text("sku,date,quantity\n" + "".join(f"T{code},2024-01-05,1\n" for code in range(200)))
    other = tmp_path / "copy.csv"
    shutil.copy(path, other)
    db = clone()
    calls = [("tests.company.work:import_or_error", [str(name)]) for name in (path, other)]
    results = together(db, calls, timeout=120)
    done = [result for result in results if not result.get("error")]
    assert done
    assert max(result["facts"] for result in done) == 200


def test_demonstration_company_with_the_guards_on(clone, registry_process):
    db = clone()
    process = registry_process(db, "tests.company.work:generate", [60, 200])
    process.go()
    result = process.result(timeout=600)
    assert result["check"]["quants"]["differences"] == 0, result["check"]["quants"]["sample"]
    assert result["check"]["values"]["differences"] == 0, result["check"]["values"]["sample"]
    assert result["open"]["sale_orders"] == 24
    assert result["moves"] > 3000
