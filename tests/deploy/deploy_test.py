"""deploy/: its files fit each other, the program, and what a real server exports."""

import json
import pathlib
import re
import shutil
import subprocess
import unittest

import program
import yaml

from server.serving import Server

DEPLOY = program.PROJECT / "deploy"
METRIC = re.compile(r"\b(?:eider|process)_[a-z0-9_]+\b")


def expressions():
    """Every expression of the dashboard and the alerts, with where it stands."""
    dashboard = json.loads((DEPLOY / "grafana" / "dashboards" / "eider.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield f"panel {panel['title']}", target["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield f"variable {variable['name']}", variable["definition"]
    for group in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]:
        for rule in group["rules"]:
            yield f"alert {rule['alert']}", rule["expr"]


class Deploy(program.ScratchTest):
    def setUp(self):
        super().setUp()
        self.compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())

    def test_metrics_are_those_of_a_server(self):
        (self.folder / "shop").mkdir()
        self.write("target/run_results.json", '{"results": [{"unique_id": "model.a.b", "status": "success"}]}')
        self.write("eider.yaml", "warehouses: [{name: shop, location: shop}]\nevents: {file: events.jsonl}\n"
                                 "dbt_projects: [{name: shop, target: target}]\n")
        self.succeed("sql", "--warehouse", "shop", "-c", "create schema s; create table s.t as select 1 as i")
        with Server("--config", "eider.yaml", cwd=self.folder) as server:
            exported = server.get("/metrics")[2]
        # Families whose samples come with use are there from the start.
        families = set(re.findall(r"^# TYPE (\S+)", exported, re.M))
        for family in re.findall(r"^# TYPE (\S+) histogram", exported, re.M):
            families |= {f"{family}_{suffix}" for suffix in ("bucket", "sum", "count")}
        named = set()
        for where, expression in expressions():
            metrics = set(METRIC.findall(expression))
            self.assertLessEqual(metrics, families, where)
            named |= metrics
        self.assertGreater(len(named), 20)
        # Labels are looked at where the server has samples.
        for name in ("eider_table_file_bytes", "eider_catalog_entries", "eider_dbt_run_success"):
            self.assertRegex(exported, rf"(?m)^{name}\{{")

    def test_alerts_are_understood_by_prometheus(self):
        if shutil.which("promtool") is None:
            self.skipTest("there is no promtool")
        done = subprocess.run(["promtool", "check", "config", DEPLOY / "prometheus" / "prometheus.yml"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_trinos_files_are_those_that_eider_writes(self):
        self.succeed("trino", "init", "--server", "http://eider:8181", "--warehouse", "jaffle_iceberg",
                     "--data-dir", "/data/trino", "--out", self.folder / "trino")
        written = {path.relative_to(self.folder / "trino"): path.read_text()
                   for path in (self.folder / "trino").rglob("*") if path.is_file()}
        kept = {path.relative_to(DEPLOY / "trino"): path.read_text()
                for path in (DEPLOY / "trino").rglob("*") if path.is_file()}
        self.assertEqual(kept, written)

    def test_the_services_fit_together(self):
        services = self.compose["services"]
        self.assertLessEqual({"eider", "trino", "superset", "minio"}, set(services))
        volumes = set(self.compose["volumes"])
        published = []
        for name, service in services.items():
            for mount in service.get("volumes", []):
                source, target, *_ = mount.split(":")
                self.assertTrue(target.startswith("/"), mount)
                if source.startswith("."):
                    self.assertTrue((DEPLOY / source).exists(), mount)
                else:
                    self.assertIn(source, volumes)
            for other in service.get("depends_on", []):
                self.assertIn(other, services)
            # Nothing is open to the network.
            for port in service.get("ports", []):
                self.assertRegex(port, r"^127\.0\.0\.1:\d+:\d+$")
                published.append(port.split(":")[1])
        self.assertEqual(len(published), len(set(published)))
        # The plan's point: who reads cannot write.
        self.assertIn("warehouse:/data/iceberg-warehouse:ro", services["trino"]["volumes"])
        self.assertIn("warehouse:/data/iceberg-warehouse", services["eider"]["volumes"])
        variables = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()))
        offered = set(re.findall(r"^(\w+)=", (DEPLOY / "example.env").read_text(), re.M))
        self.assertLessEqual(offered, variables)
        required = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text()))
        self.assertEqual(required, offered)

    def test_the_image_has_the_libraries_that_the_program_needs(self):
        if shutil.which("dpkg") is None:
            self.skipTest("this is no Debian")
        linked = subprocess.run(["ldd", program.EIDER], capture_output=True, text=True, check=True).stdout
        libraries = [pathlib.Path(line.split("=>")[1].split()[0]).resolve() for line in linked.splitlines() if "=>" in line]
        # Those that are loaded when they are first needed.
        sources = "".join(path.read_text() for path in (program.PROJECT / "src").glob("*/*_library.cc"))
        packages = {"libcurl.so.4": "libcurl4", "libpq.so.5": "libpq5"}
        needed = {packages[name] for name in re.findall(r'dlopen\("([^"]+)"', sources)}
        for library in libraries:
            # What the image gets with the program, and what only a sanitizer's build needs.
            if library.name.startswith(("libduckdb", "libasan", "libubsan", "libtsan")):
                continue
            # Since /lib became a link, a file may be known by either name.
            for name in (library, str(library).removeprefix("/usr")):
                found = subprocess.run(["dpkg", "-S", name], capture_output=True, text=True).stdout
                if found:
                    needed.add(found.split(":")[0])
                    break
            else:
                self.fail(f"{library} belongs to no package")
        # Of the image itself, and what those that are named bring along.
        needed -= {"libc6", "libgcc-s1", "libstdc++6", "libtinfo6", "libmd0"}
        installed = re.search(r"slim\nRUN (.*?)&& rm", (DEPLOY / "Containerfile").read_text(), re.S)[1].split()
        self.assertLessEqual(needed, set(installed))

    def test_volumes_find_their_places(self):
        """A new volume takes its place's owner from the image; and in a mount that cannot be written none can be made."""
        containerfile = (DEPLOY / "Containerfile").read_text()
        made = re.search(r"install -d -o eider -g eider (.*)", containerfile)[1].split()
        eider = yaml.safe_load((DEPLOY / "eider" / "eider.yaml").read_text())
        self.assertIn(eider["warehouses"][0]["location"], made)
        for name in ("eider", "build"):
            service = self.compose["services"][name]
            places = [volume.split(":")[1] for volume in service["volumes"]]
            for volume in service["volumes"]:
                source, place, *options = volume.split(":")
                if source in self.compose["volumes"]:
                    self.assertTrue(any(folder == place or folder.startswith(place + "/") for folder in made), volume)
                if "ro" in options:
                    self.assertFalse([other for other in places if other.startswith(place + "/")], volume)

    def test_the_server_takes_its_configuration(self):
        text = (DEPLOY / "eider" / "eider.yaml").read_text()
        for folder in ("/data/iceberg-warehouse", "/var/lib/eider", "/srv"):
            self.assertIn(folder, text)
            inside = self.folder / folder.strip("/").replace("/", "-")
            inside.mkdir()
            text = text.replace(folder, str(inside))
        (self.folder / "data-iceberg-warehouse" / "jaffle_shop").mkdir()
        self.write("eider.yaml", text.replace("0.0.0.0:8181", "127.0.0.1:0"))
        with Server("--config", "eider.yaml", cwd=self.folder, listen=None) as server:
            self.assertIn("jaffle_iceberg", server.ready_line)
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
