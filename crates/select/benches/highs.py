#!/usr/bin/env python3
"""Compares the solver with HiGHS on instances that a bench of ours has solved.

    highs.py FOLDER [--seconds S] [--runs N] [--every K]

FOLDER holds ours.tsv (name, milliseconds, objective and bound in billionths) and NAME.lp for each
instance. HiGHS (package highspy) gets one thread, a relative gap of 0 and S seconds (20), and runs
N times (3) as ours did; of both the median counts. Every K-th instance of a family is taken (1); the
family is the name up to its last `-`, or up to the first if the name starts with a number.
Printed for each family: the median of the ratios of times, how many each has proven, the mean gaps,
and whether two proven optima differ, which ends in an error.
"""

import argparse
import pathlib
import statistics
import sys

import highspy


def solve(path, seconds):
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("mip_rel_gap", 0.0)
    highs.setOptionValue("mip_abs_gap", 0.0)
    highs.setOptionValue("time_limit", seconds)
    highs.readModel(str(path))
    highs.run()
    info = highs.getInfo()
    is_proven = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    best = info.objective_function_value
    return highs.getRunTime() * 1000, best, info.mip_dual_bound, is_proven


def family_of(name):
    first, _, _ = name.partition("-")
    return first if first.isdigit() else name.rpartition("-")[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    families, seen, differing = {}, {}, 0
    for line in (options.folder / "ours.tsv").read_text().splitlines():
        name, ms, best, bound = line.split("\t")
        family = family_of(name)
        seen[family] = seen.get(family, 0) + 1
        if (seen[family] - 1) % options.every:
            continue
        ms, best, bound = float(ms), int(best) / 1000, int(bound) / 1000
        path = options.folder / f"{name}.lp"
        runs = sorted(solve(path, options.seconds) for _ in range(options.runs))
        their_ms, their_best, their_bound, is_proven = runs[len(runs) // 2]
        if is_proven and bound == best and 1e-6 * abs(best) + 1 < abs(best - their_best):
            print(f"{name}: {best} and {their_best} are both called optimal", file=sys.stderr)
            differing += 1
        gap = 100 * (bound - best) / max(bound, 1)
        their_gap = 100 * max(their_bound - their_best, 0) / max(their_bound, 1)
        row = (their_ms / ms, bound == best, is_proven, gap, their_gap, ms, their_ms)
        families.setdefault(family, []).append(row)
    print("| family | instances | ours p50 ms | HiGHS p50 ms | HiGHS / ours, median | least "
          "| proven, ours | HiGHS | gap, ours | HiGHS |")
    print("|" + " --- |" * 10)
    for family, rows in sorted(families.items(), key=lambda f: (len(f[0]), f[0])):
        ratios, ours, theirs, gaps, their_gaps, times, their_times = zip(*rows)
        print(f"| {family} | {len(rows)} | {statistics.median(times):.2f} "
              f"| {statistics.median(their_times):.1f} | {statistics.median(ratios):.0f} "
              f"| {min(ratios):.0f} | {sum(ours)} | {sum(theirs)} "
              f"| {statistics.mean(gaps):.3f} % | {statistics.mean(their_gaps):.3f} % |")
    sys.exit(1 if differing else 0)


main()
