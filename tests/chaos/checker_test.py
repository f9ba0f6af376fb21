"""The checker of histories finds what it is there for."""

import unittest

from chaos.checker import check


def commit(name, begin, end, outcome="done", marks=True, **tables):
    return {"id": name, "kind": "commit", "begin": begin, "end": end, "outcome": outcome, "marks": marks, "tables": tables}


def load(name, begin, end, table, seen):
    return {"id": name, "kind": "load", "begin": begin, "end": end, "outcome": "done", "table": table, "seen": seen}


class Checker(unittest.TestCase):
    def found(self, history, **versions):
        return " | ".join(check(history, versions))

    def test_a_good_history_is_good(self):
        history = [
            commit("a", 0, 1, t=None), commit("b", 1.5, 3, t="a"), commit("c", 1.5, 2.5, "refused", t="a"),
            commit("d", 4, None, "unknown", t=None), commit("e", 4, None, "unknown", t=None),
            commit("f", 0, 6, t=None, u=None), load("l", 2, 2.5, "t", "a"), load("m", 2, 2.6, "t", "b"),
            load("n", 7, 8, "u", "f")]
        self.assertEqual(self.found(history, t=["a", "b", "d", "f"], u=["f"]), "")

    def test_a_lost_commit(self):
        history = [commit("a", 0, 1, t=None), commit("b", 2, 3, t=None)]
        self.assertIn("b was acknowledged, and is lost in ['t']", self.found(history, t=["a"]))

    def test_a_doubled_commit(self):
        history = [commit("a", 0, 1, t=None), commit("b", 2, 3, t=None)]
        self.assertIn("a stands twice", self.found(history, t=["a", "b", "a"]))

    def test_a_doubled_commit_of_unknown_outcome(self):
        history = [commit("a", 0, None, "unknown", t=None), commit("b", 2, 3, t=None)]
        self.assertIn("a stands twice", self.found(history, t=["a", "b", "a"]))

    def test_commits_in_another_order_than_they_came_in(self):
        history = [commit("a", 0, 1, t=None), commit("b", 2, 3, t=None)]
        self.assertIn("no order", self.found(history, t=["b", "a"]))
        # Those that met may come in any.
        history = [commit("a", 0, 2, t=None), commit("b", 1, 3, t=None)]
        self.assertEqual(self.found(history, t=["b", "a"]), "")

    def test_an_unknown_commit_that_came_before_it_was_sent(self):
        history = [commit("a", 0, 1, t=None), commit("b", 2, None, "unknown", t=None)]
        self.assertIn("no order", self.found(history, t=["b", "a"]))

    def test_a_refused_commit_that_is_there(self):
        history = [commit("a", 0, 1, "refused", t=None)]
        self.assertIn("was refused, and is in", self.found(history, t=["a"]))

    def test_a_commit_of_nobody(self):
        self.assertIn("nobody sent it", self.found([], t=["x"]))

    def test_a_torn_commit(self):
        history = [commit("a", 0, None, "unknown", t=None, u=None)]
        self.assertIn("torn", self.found(history, t=["a"], u=[]))

    def test_an_update_that_overwrote_another(self):
        history = [commit("a", 0, 1, t=None), commit("b", 2, 4, t="a"), commit("c", 2, 4, t="a")]
        self.assertIn("c required a of t, and came after b", self.found(history, t=["a", "b", "c"]))

    def test_a_commit_that_marks_nothing_stands_in_nobodys_way(self):
        history = [commit("a", 0, 1, t=None), commit("b", 2, 4, marks=False, t=None), commit("c", 2, 4, t="a")]
        self.assertEqual(self.found(history, t=["a", "b", "c"]), "")

    def test_a_load_of_an_old_state(self):
        history = [commit("a", 0, 1, t=None), commit("b", 2, 3, t=None), load("l", 4, 5, "t", "a")]
        self.assertIn("no order", self.found(history, t=["a", "b"]))

    def test_a_load_that_steps_back(self):
        history = [commit("a", 0, 1, t=None), commit("b", 2, 9, t=None), load("l", 3, 4, "t", "b"), load("m", 5, 6, "t", "a")]
        self.assertIn("no order", self.found(history, t=["a", "b"]))

    def test_a_load_of_what_was_never_committed(self):
        history = [commit("a", 0, 1, t=None), commit("b", 1, None, "unknown", t=None), load("l", 2, 3, "t", "b")]
        self.assertIn("never committed", self.found(history, t=["a"]))

    def test_tables_that_disagree_about_the_order(self):
        history = [commit("a", 0, 9, t=None, u=None), commit("b", 0, 9, t=None, u=None)]
        self.assertIn("no order", self.found(history, t=["a", "b"], u=["b", "a"]))

    def test_loads_of_two_tables_that_saw_half_of_a_commit(self):
        history = [commit("z", 0, 1, t=None, u=None), commit("a", 2, 9, t=None, u=None), load("l", 3, 4, "t", "a"),
                   load("m", 5, 6, "u", "z")]
        self.assertIn("no order", self.found(history, t=["z", "a"], u=["z", "a"]))


if __name__ == "__main__":
    unittest.main()
