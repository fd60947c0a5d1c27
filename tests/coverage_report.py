#!/usr/bin/env python3
"""Sums up an lcov file per folder: lines covered, lines, percent.

Tests and what stands in testing/ do not count. With --uncovered it prints the
lines that were never reached. A folder is a case; the last line is
`N passed, M failed`.
"""
import argparse
import collections
import os
import sys


def counted_lines(path):
    """{file: {line: count}} of an lcov file."""
    files = collections.defaultdict(dict)
    lines = None
    with open(path, encoding="utf-8") as lcov:
        for record in lcov:
            key, _, value = record.strip().partition(":")
            if key == "SF":
                lines = files[name_in_tree(value)]
            elif key == "DA":
                number, count = (int(n) for n in value.split(",")[:2])
                lines[number] = lines.get(number, 0) + count
    return files


def name_in_tree(path):
    """What the compiler was given: from the root, or from a sandbox's."""
    at = path.find("proxy/")
    return path[at:] if at >= 0 else path


def is_tested(name, folder):
    return (os.path.dirname(name) == folder
            and not name.endswith(("_test.cc", "_main.cc")))


def show_uncovered(name, lines):
    with open(name, encoding="utf-8") as file:
        text = file.read().splitlines()
    for number in sorted(n for n, count in lines.items() if count == 0):
        print(f"{name}:{number}: {text[number - 1].strip()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lcov")
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--least", type=float, required=True,
                        help="percent of a folder's lines")
    parser.add_argument("--uncovered", action="store_true")
    arguments = parser.parse_args()

    files = counted_lines(arguments.lcov)
    failed = 0
    for folder in arguments.folders:
        names = sorted(name for name in files if is_tested(name, folder))
        covered = sum(count > 0 for name in names
                      for count in files[name].values())
        lines = sum(len(files[name]) for name in names)
        if arguments.uncovered:
            for name in names:
                show_uncovered(name, files[name])
        percent = 100 * covered / lines if lines else 0
        print(f"{folder}: {covered} of {lines} lines, {percent:.1f} %")
        if percent < arguments.least:
            failed += 1
            print(f"{folder}: below {arguments.least:g} %")
    print(f"{len(arguments.folders) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
