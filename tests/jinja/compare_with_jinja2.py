"""Renders every case with Jinja2 and with Eider, and fails on any difference.

expressions.txt holds one expression a line, rendered as {{ expression }} over the context below;
templates.yaml holds whole templates. Jinja2 says in this very run what is right: the text, the value
(native cases), or that it is an error, of the template's syntax or while it runs. Of errors about
undefined values and about syntax the message is compared too.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

import jinja2
import jinja2.nativetypes
import jinja2.sandbox
import yaml

HERE = pathlib.Path(__file__).parent

CONTEXT = {
    "n": 7,
    "zero": 0,
    "negative": -3,
    "pi": 3.14159,
    "half": 0.5,
    "yes": True,
    "no": False,
    "nothing": None,
    "text": "Hello World",
    "empty": "",
    "spaces": "  padded\t ",
    "unicode": "Grüße, Ωmega Ярд 世界 😀",
    "html": '<a href="x">T&C\'s</a>',
    "lines": "first line\nsecond line\n\nfourth",
    "numbers": [3, 1, 2, 5, 4],
    "words": ["banana", "Apple", "cherry", "apple", "Banana"],
    "mixed": [1, "a", None, 2.5, True],
    "nested": [[1, 2], [3, [4, 5]]],
    "person": {"name": "Ada", "age": 36, "tags": ["x", "y"], "address": {"city": "London"}},
    "people": [
        {"name": "Ada", "age": 36, "city": "London", "active": True},
        {"name": "Bob", "age": 25, "city": "paris", "active": False},
        {"name": "cyd", "age": 36, "city": "Paris", "active": True},
        {"name": "Dee", "age": 41, "city": "london", "active": False},
    ],
    "prices": {"b": 2, "A": 3, "c": 1},
    "tree": [
        {"name": "root", "children": [{"name": "leaf", "children": []}, {"name": "twig", "children": [{"name": "bud", "children": []}]}]}
    ],
    "columns": ["id", "first_name", "amount"],
}

UNDEFINED = {
    "default": jinja2.Undefined,
    "strict": jinja2.StrictUndefined,
    "chainable": jinja2.ChainableUndefined,
}


class Native(jinja2.sandbox.SandboxedEnvironment, jinja2.nativetypes.NativeEnvironment):
    pass


def load_cases():
    for number, line in enumerate((HERE / "expressions.txt").read_text().splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield {
                "name": f"expressions.txt:{number}",
                "template": "{{ " + line + " }}",
                "context": CONTEXT,
            }
    for number, case in enumerate(yaml.safe_load((HERE / "templates.yaml").read_text()), 1):
        if isinstance(case, str):
            case = {"template": case}
        case.setdefault("context", CONTEXT)
        case.setdefault("name", f"templates.yaml, case {number}")
        yield case


def render_with_jinja2(case):
    options = dict(case.get("options", {}))
    undefined = UNDEFINED[options.pop("undefined", "default")]
    loop_controls = options.pop("loop_controls", True)
    extensions = ["jinja2.ext.do"] + (["jinja2.ext.loopcontrols"] if loop_controls else [])
    kind = Native if case.get("native") else jinja2.sandbox.SandboxedEnvironment
    environment = kind(
        extensions=extensions,
        undefined=undefined,
        loader=jinja2.DictLoader(case.get("templates", {}) | {"case": case["template"]}),
        **options,
    )
    # A fresh copy: templates may change the lists they are given.
    context = json.loads(json.dumps(case["context"]))
    try:
        template = environment.get_template("case")
    except jinja2.TemplateSyntaxError as error:
        return {"error": "syntax", "message": error.message, "exact": True}
    except SyntaxError as error:  # Python's compiler refuses what Jinja2 made of it
        return {"error": "syntax", "message": str(error), "exact": False}
    try:
        if case.get("native"):
            return {"value": repr(template.render(context))}
        return {"text": template.render(context)}
    except jinja2.TemplateSyntaxError as error:
        return {"error": "syntax", "message": error.message, "exact": True}
    except Exception as error:
        exact = isinstance(error, (jinja2.UndefinedError, ZeroDivisionError))
        return {
            "error": "runtime",
            "message": f"{type(error).__name__}: {error}",
            "exact": exact,
            "text_of_error": str(error),
        }


def differs(expected, actual):
    if "error" not in expected:
        return expected != actual
    if expected["error"] != actual.get("error"):
        return True
    message = expected.get("text_of_error", expected["message"])
    # The classes of Jinja2's own are named without their modules.
    message = re.sub(r"(jinja2\.\w+|markupsafe)\.", "", message)
    return expected["exact"] and message not in actual["message"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", required=True, help="the built jinja_render_cases")
    parser.add_argument("--messages", action="store_true", help="show every differing error message")
    arguments = parser.parse_args()

    cases = list(load_cases())
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    run = subprocess.run(
        [arguments.driver], input=lines, capture_output=True, text=True, timeout=300
    )
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    if len(answers) < len(cases):
        print(f"the driver gave up ({run.returncode}) at {cases[len(answers)]['name']}:")
        print(cases[len(answers)]["template"])
        print(run.stderr)
        return 1

    failed = errors = 0
    for case, actual in zip(cases, answers):
        expected = render_with_jinja2(case)
        errors += "error" in expected
        if differs(expected, actual):
            failed += 1
            print(f"--- {case['name']}\n{case['template']}")
            print(f"jinja2: {({k: v for k, v in expected.items() if k not in ('exact', 'text_of_error')})}")
            print(f"eider:  {actual}")
        elif arguments.messages and "error" in expected:
            text = expected.get("text_of_error", expected["message"])
            if text not in actual["message"]:
                print(f"~~~ {case['template']}\n  jinja2: {expected['message']}\n  eider:  {actual['message']}")
    print(
        f"{len(cases)} cases against jinja2 {jinja2.__version__}: {len(cases) - failed} the same"
        f" ({errors} of them errors), {failed} different"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
