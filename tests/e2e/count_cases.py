#!/usr/bin/python3
"""Counts test cases of a `bazel test`, from its build event file.

Usage: count_cases.py EVENTS.json; prints `N passed, M failed`. A test that
failed without naming a case (a crash, a time-out, no build) counts as one.
"""

import json
import pathlib
import sys
import urllib.parse
import xml.etree.ElementTree


def cases(path):
  """(passed, failed) of one test.xml; skipped and disabled ones are neither.
  """
  passed = failed = 0
  for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
    if case.find("failure") is not None or case.find("error") is not None:
      failed += 1
    elif (case.get("status") != "notrun" and case.get("result") != "skipped"
          and case.find("skipped") is None):
      passed += 1
  return passed, failed


def result_cases(result):
  for output in result.get("testActionOutput", []):
    if output.get("name") == "test.xml":
      path = pathlib.Path(
          urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path))
      try:
        return cases(path)
      except (OSError, xml.etree.ElementTree.ParseError):
        return 0, 0
  return 0, 0


def main():
  passed = failed = 0
  latest = {}  # A retried shard counts once.
  with open(sys.argv[1], encoding="utf-8") as events:
    for line in events:
      event = json.loads(line)
      identity = event.get("id", {})
      if "testResult" in identity and "testResult" in event:
        key = identity["testResult"]
        latest[key["label"], key.get("run"), key.get("shard")] = (
            event["testResult"])
      elif "targetCompleted" in identity and "aborted" in event:
        print(f"not built: {identity['targetCompleted'].get('label')}")
        failed += 1
  for (label, _, _), result in latest.items():
    good, bad = result_cases(result)
    if result.get("status") != "PASSED":
      print(f"{result.get('status')}: {label}")
      bad = max(bad, 1)
    passed += good
    failed += bad
  print(f"{passed} passed, {failed} failed")


if __name__ == "__main__":
  main()
