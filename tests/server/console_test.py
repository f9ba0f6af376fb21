"""/ui in a real headless Chromium; its routes and its headers without one."""

import json
import pathlib
import unittest

import program

from server import chromium
from server.serving import Server, wait_until

# A name that would be a tag, an attribute and a path, where anybody forgot that it is a name.
ODD = '<img src=x onerror="alert(1)"> & \'q\''


class ConsoleTest(program.ScratchTest):
    def setUp(self):
        super().setUp()
        self.warehouse = self.folder / "shop"
        self.warehouse.mkdir()
        self.sql("create schema marts",
                 "create table marts.orders (id bigint not null, note varchar, inner_part struct(a integer, b varchar[]))",
                 "insert into marts.orders select i, 'n', null from range(100) r(i)",
                 "insert into marts.orders select i, 'n', null from range(50) r(i)",
                 "comment on table marts.orders is 'What was ordered'",
                 "create view marts.few as select id from marts.orders where id < 5",
                 f'create table marts."{ODD.replace(chr(34), chr(34) * 2)}" as select 1 as "<b>bold</b>"')

    def sql(self, *statements):
        self.succeed("sql", "--warehouse", self.warehouse, stdin=";\n".join(statements) + ";")

    def serve(self, more=""):
        self.write("eider.yaml", f"warehouses: [{{name: shop, location: shop}}]\n{more}")
        self.server = self.enterContext(Server("--config", "eider.yaml", cwd=self.folder))
        self.url = f"http://{self.server.host}:{self.server.port}/ui"


class Routes(ConsoleTest):
    def get(self, path, status=200):
        got, fields, text = self.server.get(path)
        self.assertEqual(got, status, text)
        return fields, json.loads(text)

    def test_the_page_may_load_nothing_but_itself(self):
        self.serve()
        for path, kind in [("/ui", "text/html"), ("/ui/", "text/html"), ("/ui/app.js", "text/javascript"),
                           ("/ui/style.css", "text/css"), ("/ui/icon.svg", "image/svg+xml")]:
            status, fields, text = self.server.get(path)
            self.assertEqual((status, fields["Content-Type"].split(";")[0]), (200, kind))
            policy = fields["Content-Security-Policy"]
            self.assertIn("default-src 'none'", policy)
            self.assertNotIn("unsafe", policy)
            self.assertEqual(fields["X-Content-Type-Options"], "nosniff")
            for address in ("http://", "https://", "//cdn"):
                self.assertNotIn(address, text.replace("http://www.w3.org/2000/svg", ""), path)
            again, _, body = self.server.get(path, headers={"If-None-Match": fields["ETag"]})
            self.assertEqual((again, body), (304, ""))
        self.assertEqual(self.server.get("/ui/../../etc/passwd")[0], 404)
        self.assertEqual(self.server.get("/ui/app.js", method="POST")[0], 405)

    def test_routes(self):
        self.serve()
        _, answer = self.get("/ui/api/warehouses")
        self.assertEqual([(one["name"], one["namespaces"], one["tables"], one["views"]) for one in answer["warehouses"]],
                         [("shop", 1, 2, 1)])
        _, answer = self.get("/ui/api/namespaces?warehouse=shop")
        self.assertEqual(answer["namespaces"], [{"namespace": ["marts"], "tables": 2, "views": 1}])
        _, loaded = self.get("/iceberg/v1/shop/namespaces/marts/tables/orders")
        snapshot = loaded["metadata"]["current-snapshot-id"]
        fields, files = self.get(f"/ui/api/files?warehouse=shop&namespace=marts&table=orders&snapshot={snapshot}&offset=0")
        self.assertEqual((files["total"], files["records"], len(files["files"])), (2, 150, 2))
        self.assertEqual(files["bytes"], sum(pathlib.Path(file["path"].removeprefix("file://")).stat().st_size
                                             for file in files["files"]))
        self.assertEqual(fields["Cache-Control"], "no-store")
        _, rest = self.get(f"/ui/api/files?warehouse=shop&namespace=marts&table=orders&snapshot={snapshot}&offset=1")
        self.assertEqual(rest["files"], files["files"][1:])
        report = {"report-type": "scan-report", "table-name": "marts.orders", "snapshot-id": snapshot, "filter": True,
                  "schema-id": 0, "projected-field-ids": [], "projected-field-names": [], "metrics": {}}
        self.assertEqual(self.server.get("/iceberg/v1/shop/namespaces/marts/tables/orders/metrics", method="POST",
                                         body=json.dumps(report))[0], 204)
        _, reports = self.get("/ui/api/reports?warehouse=shop&namespace=marts&table=orders")
        self.assertEqual([one["report"] for one in reports["reports"]], [report])
        self.assertEqual(self.get("/ui/api/runs")[1], {"runs": []})
        for path, status in [("/ui/api/files?warehouse=shop&namespace=marts&table=orders&snapshot=1&offset=0", 404),
                             ("/ui/api/files?warehouse=shop&namespace=marts&table=none&snapshot=1&offset=0", 404),
                             ("/ui/api/files?warehouse=shop&namespace=marts&table=orders&snapshot=x&offset=0", 400),
                             ("/ui/api/files?warehouse=shop", 400), ("/ui/api/namespaces?warehouse=none", 404),
                             ("/ui/api/commits?after=-1", 400), ("/ui/api/none", 404), ("/ui/api", 404)]:
            self.assertEqual(self.get(path, status)[1]["error"]["code"], status, path)

    def test_everybody_sees_what_they_may(self):
        self.sql("create schema hidden", "create table hidden.salaries as select 1 as i")
        token = self.succeed("token", "create", "--tokens", "tokens.json", "--name", "some", "--scope",
                             "read:shop/marts/orders").strip()
        self.write("target/run_results.json", '{"results": []}')
        self.serve("authentication: {tokens: tokens.json}\ndbt_projects: [{name: a, target: target}]\n")
        # The page is what asks for the token.
        for path in ("/ui", "/ui/app.js"):
            self.assertEqual(self.server.get(path)[0], 200)
        self.assertEqual(self.server.get("/ui/api/warehouses")[0], 401)
        known = {"Authorization": f"Bearer {token}"}

        def ask(path, status=200):
            got, answer = self.server.get_json(path, headers=known)
            self.assertEqual(got, status, answer)
            return answer

        answer = ask("/ui/api/warehouses")
        self.assertEqual(answer["principal"], "token:some")
        self.assertEqual([(one["namespaces"], one["tables"], one["views"]) for one in answer["warehouses"]], [(1, 1, 0)])
        self.assertEqual(ask("/ui/api/namespaces?warehouse=shop")["namespaces"],
                         [{"namespace": ["marts"], "tables": 1, "views": 0}])
        loaded = ask("/iceberg/v1/shop/namespaces/marts/tables/orders")
        snapshot = loaded["metadata"]["current-snapshot-id"]
        ask(f"/ui/api/files?warehouse=shop&namespace=marts&table=orders&snapshot={snapshot}&offset=0")
        # Whether they are there or not.
        for table in ("salaries", "none"):
            ask(f"/ui/api/files?warehouse=shop&namespace=hidden&table={table}&snapshot=1&offset=0", 403)
            ask(f"/ui/api/reports?warehouse=shop&namespace=hidden&table={table}", 403)
        ask("/ui/api/runs", 403)
        self.sql("insert into hidden.salaries values (2)", "insert into marts.orders values (1, 'x', null)")
        wait_until(lambda: ask("/ui/api/commits?after=0")["newest"] == 2, "two commits")
        self.assertEqual([event["name"] for event in ask("/ui/api/commits?after=0")["events"]], ["orders"])

    def test_commits_by_number(self):
        self.serve()
        _, answer = self.get("/ui/api/commits?after=0")
        self.assertEqual(answer, {"newest": 0, "events": []})
        self.sql("insert into marts.orders values (1, 'x', null)", "insert into marts.orders values (2, 'x', null)")
        wait_until(lambda: len(self.get("/ui/api/commits?after=0")[1]["events"]) == 2, "two commits")
        _, answer = self.get("/ui/api/commits?after=1")
        self.assertEqual((answer["newest"], len(answer["events"])), (2, 1))
        # Of a server that has started anew since.
        self.assertEqual(len(self.get("/ui/api/commits?after=77")[1]["events"]), 2)


class Page(ConsoleTest):
    def setUp(self):
        if chromium.find() is None:
            self.skipTest("there is no Chromium")
        super().setUp()

    def open(self, path="", **options):
        self.browser = self.enterContext(chromium.Chromium(**options))
        self.browser.open(self.url + path)

    def go(self, path, text):
        self.browser.evaluate(f"location.hash = {json.dumps(path)}")
        self.browser.wait_for_text(text, "main")

    def test_every_page_shows_what_it_is_for(self):
        target = self.folder / "target"
        self.write("target/run_results.json", json.dumps({
            "metadata": {"generated_at": "2026-11-25T02:00:00.000000Z"}, "args": {"which": "build"}, "elapsed_time": 1.5,
            "results": [{"unique_id": "model.shop.orders", "status": "success", "execution_time": 0.3, "message": "OK"},
                        {"unique_id": "model.shop.broken", "status": "error", "execution_time": 0.1, "message": "no such column"}]}))
        self.serve(f"dbt_projects: [{{name: jaffle, target: {target}}}]\n")
        self.open()
        browser = self.browser
        browser.wait_for_text("Latest commits", "main")
        browser.wait_for_text("dbt: jaffle", "main")
        self.assertIn("No commits yet", browser.text("main"))
        self.go("#/w/shop", "marts")
        self.go("#/w/shop/marts", "orders")
        self.go("#/w/shop/marts/t/orders", "What was ordered")
        text = browser.text("main")
        self.assertIn("not null", text)
        self.assertIn("150", text)
        self.go("#/w/shop/marts/t/orders/schema", "inner_part")
        self.assertIn("list<string>", browser.text("main"))
        self.go("#/w/shop/marts/t/orders/snapshots", "append")
        _, loaded = self.server.get_json("/iceberg/v1/shop/namespaces/marts/tables/orders")
        snapshots = [one["snapshot-id"] for one in loaded["metadata"]["snapshots"]]
        for snapshot in snapshots:
            self.assertIn(str(snapshot), browser.text("main"), "all its digits")
        self.go(f"#/w/shop/marts/t/orders/files/{snapshots[0]}", "A file, on average")
        browser.wait_for("document.querySelectorAll('main section:last-of-type tbody tr').length === 1")
        self.go("#/w/shop/marts/t/orders/properties", "comment")
        self.go("#/w/shop/marts/t/orders/reports", "No reports")
        self.go("#/w/shop/marts/t/orders/metadata", '"table-uuid"')
        self.go("#/w/shop/marts/v/few", "id < 5")
        self.go("#/runs", "no such column")
        self.go("#/metrics", "Routes")
        self.go("#/w/shop/marts/t/none", "Not here")
        self.go("#/nonsense", "There is no such page")
        self.go("#/w/none", "there is no warehouse none")
        # The refusals that were asked for are all that went wrong.
        self.assertEqual([one for one in browser.problems if "404" not in str(one)], [])

    def test_commits_come_by_themselves(self):
        self.serve()
        self.open("#/commits")
        self.browser.wait_for_text("No commits yet", "main")
        self.sql("insert into marts.orders values (1, 'x', null)")
        self.browser.wait_for_text("marts.orders", "main")
        self.browser.wait_for("document.querySelector('main td:last-child').innerText === 'eider'")
        self.server.stop()
        self.browser.wait_for_text("does not answer", "main")

    def test_names_are_only_names(self):
        self.serve()
        self.open("#/w/shop/marts")
        browser = self.browser
        browser.wait_for_text(ODD, "main")
        browser.wait_for_text(ODD, "#tree")
        browser.evaluate("[...document.querySelectorAll('main a')].find((a) => a.innerText.includes('onerror')).click()")
        browser.wait_for_text("<b>bold</b>", "main")
        self.assertEqual(browser.evaluate("document.querySelectorAll('main img, main b').length"), 0)
        self.assertEqual(browser.text("h1"), ODD)
        # The address leads there again.
        address = browser.evaluate("location.href")
        browser.open("about:blank")
        browser.open(address)
        browser.wait_for_text("<b>bold</b>", "main")
        self.assertEqual(browser.problems, [])

    def test_without_a_mouse(self):
        self.serve()
        self.open()
        browser = self.browser
        browser.wait_for_text("orders", "#tree")
        browser.key("/", "/")
        self.assertEqual(browser.evaluate("document.activeElement.id"), "filter")
        browser.type("few")
        browser.wait_for("[...document.querySelectorAll('#tree li[data-name]')].filter((e) => !e.hidden).length === 1")
        # On to the summary, the entry, and in.
        for _ in range(12):
            browser.key("Tab")
            if "few" in browser.evaluate("document.activeElement.innerText"):
                break
        browser.key("Enter")
        browser.wait_for_text("id < 5", "main")
        self.assertEqual(browser.evaluate("document.querySelector('#tree [aria-current]').innerText.trim().split(/\\s+/).pop()"), "few")

    def test_who_asks_pastes_a_token(self):
        token = self.succeed("token", "create", "--tokens", "tokens.json", "--name", "reader", "--scope",
                             "read:shop/marts/orders").strip()
        self.serve("authentication: {tokens: tokens.json}\n")
        self.open("#/w/shop/marts/t/orders")
        browser = self.browser
        browser.wait_for_text("Who is asking?", "main")
        self.assertEqual(browser.text("#tree"), "")
        browser.evaluate("document.querySelector('main input').focus()")
        browser.type("eider_wrong")
        browser.key("Enter")
        browser.wait_for("document.querySelector('main .bad')")
        browser.evaluate("document.querySelector('main input').focus()")
        browser.type(token)
        browser.key("Enter")
        # To the page that was asked for.
        browser.wait_for_text("What was ordered", "main")
        browser.wait_for_text("token:reader", "#who")
        self.assertEqual(browser.evaluate("sessionStorage.length + ' ' + Object.values(localStorage).join()"), "1 ")
        # What takes the right to read everything is left out, and no error.
        browser.evaluate("location.hash = '#/'")
        browser.wait_for_text("Latest commits", "main")
        browser.evaluate("[...document.querySelectorAll('#who button')].find((b) => b.innerText === 'Leave').click()")
        browser.wait_for_text("Who is asking?", "main")

    def test_light_and_dark(self):
        self.serve()
        self.open()
        browser = self.browser
        browser.wait_for_text("Overview", "h1")
        ground = "getComputedStyle(document.documentElement).backgroundColor"
        browser.colours("light")
        light = browser.evaluate(ground)
        browser.colours("dark")
        dark = browser.evaluate(ground)
        self.assertNotEqual(light, dark)
        browser.evaluate("document.getElementById('theme').click()")
        self.assertEqual(browser.evaluate(ground), light)


if __name__ == "__main__":
    unittest.main()
