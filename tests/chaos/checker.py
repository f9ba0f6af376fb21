"""Judges the history of clients of a catalog. Knows nothing of how it was made.

A history is a list of operations, each a dictionary:

  id       names it; what it wrote bears the name
  kind     "commit" or "load"
  begin    when it was first sent
  end      when its answer came; None where none ever did
  outcome  "done", "refused" (it has surely not happened) or "unknown"
  marks    of a commit: whether it changes what requirements speak of
  tables   of a commit: {table: requirement}, the commit that had to be the last that marked the table, or None
  table    of a load, and
  seen     the state that it was shown

and the versions of each table as they lie on disk: {table: [the first state, .., the current one]}. A state is the name of
the commit that made it.
"""

import collections


def check(history, versions):
    """Everything that is wrong, a sentence each."""
    problems = []
    commits = {operation["id"]: operation for operation in history if operation["kind"] == "commit"}
    places = {table: _places(table, states, problems) for table, states in versions.items()}
    _check_presence(commits, versions, problems)
    _check_requirements(commits, versions, problems)
    if not problems:
        _check_order(history, commits, versions, places, problems)
    return problems


def _places(table, states, problems):
    places = {}
    for place, state in enumerate(states):
        if state in places:
            problems.append(f"{state} stands twice in the history of {table}")
        places[state] = place
    return places


def _check_presence(commits, versions, problems):
    found = collections.defaultdict(set)
    for table, states in versions.items():
        for state in states:
            found[state].add(table)
    for name, tables in found.items():
        if name not in commits:
            problems.append(f"{name} is in the history of {sorted(tables)}, and nobody sent it")
    for name, commit in commits.items():
        there = found[name]
        wanted = set(commit["tables"])
        if commit["outcome"] == "done" and there != wanted:
            problems.append(f"{name} was acknowledged, and is lost in {sorted(wanted - there)}")
        elif commit["outcome"] == "refused" and there:
            problems.append(f"{name} was refused, and is in the history of {sorted(there)}")
        elif there and there != wanted:
            problems.append(f"{name} is torn: in {sorted(there)}, and not in {sorted(wanted - there)}")


def _check_requirements(commits, versions, problems):
    for table, states in versions.items():
        marked = None
        for state in states:
            commit = commits.get(state, {"tables": {}, "marks": False})
            required = commit["tables"].get(table)
            if required is not None and required != marked:
                problems.append(f"{state} required {required} of {table}, and came after {marked}")
            if commit["marks"]:
                marked = state


def _check_order(history, commits, versions, places, problems):
    """There has to be one order of all operations that agrees with every table's, with what loads were shown, and with time.

    The versions give the order within each table, so that it is enough to look for a cycle.
    """
    after = collections.defaultdict(list)  # node -> nodes that come later
    happened = [operation for operation in history
                if operation["kind"] == "load" and operation["outcome"] == "done"
                or operation["kind"] == "commit" and any(operation["id"] in places[table] for table in operation["tables"])]
    for states in versions.values():
        for first, second in zip(states, states[1:]):
            after[first].append(second)
    for load in happened:
        if load["kind"] != "load":
            continue
        states = versions[load["table"]]
        place = places[load["table"]].get(load["seen"])
        if place is None:
            problems.append(f"{load['id']} was shown {load['seen']} of {load['table']}, which was never committed")
            return
        after[load["seen"]].append(load["id"])
        if place + 1 < len(states):
            after[load["id"]].append(states[place + 1])
    # What ended before another began comes before it. Ends are a chain, so that each needs one edge only.
    ends = sorted((operation["end"], operation["id"]) for operation in happened if operation["end"] is not None)
    for number, (_, name) in enumerate(ends):
        after[name].append(("end", number))
        if number > 0:
            after["end", number - 1].append(("end", number))
    begins = sorted((operation["begin"], operation["id"]) for operation in happened)
    number = 0
    for begin, name in begins:
        while number < len(ends) and ends[number][0] < begin:
            number += 1
        if number > 0:
            after["end", number - 1].append(name)
    cycle = _find_cycle(after)
    if cycle:
        names = [node for node in cycle if isinstance(node, str)]
        problems.append("no order agrees with tables, loads and time: " + " < ".join(names))


def _find_cycle(after):
    """The nodes of some cycle; [] for none."""
    waits_for = collections.Counter(later for node in list(after) for later in after[node])
    ready = [node for node in list(after) if waits_for[node] == 0]
    while ready:
        for later in after.get(ready.pop(), ()):
            waits_for[later] -= 1
            if waits_for[later] == 0:
                ready.append(later)
    left = {node for node, count in waits_for.items() if count > 0}
    if not left:
        return []
    # Each of them waits for one of them: going backwards leads into a cycle.
    before = {later: node for node in left for later in after.get(node, ()) if later in left}
    node = next(iter(left))
    path = []
    while node not in path:
        path.append(node)
        node = before[node]
    return [*reversed(path[path.index(node):])]
