"""Compares the solver with HiGHS on the instances that benches/solver.rs wrote.

    cargo bench -p contextlite-select --bench solver -- "real" 10 20000 FOLDER
    python3 crates/select/benches/highs.py FOLDER [SECONDS]

Needs the package highspy. HiGHS runs on one thread with a relative gap of 0. For each instance it
prints both times, both objectives and both gaps; at the end the median of the ratios of times and
whether any two proven optima differ.
"""

import math
import pathlib
import statistics
import sys

import highspy


def main():
    folder = pathlib.Path(sys.argv[1])
    seconds = float(sys.argv[2]) if 2 < len(sys.argv) else 20.0
    ratios = {}
    for line in (folder / "ours.tsv").read_text().splitlines():
        name, ms, best, bound = line.split("\t")
        ms, best, bound = float(ms), int(best) / 1000, int(bound) / 1000
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        highs.setOptionValue("threads", 1)
        highs.setOptionValue("mip_rel_gap", 0.0)
        highs.setOptionValue("time_limit", seconds)
        highs.readModel(str(folder / f"{name}.lp"))
        highs.run()
        their_ms = highs.getRunTime() * 1000
        info = highs.getInfo()
        their_best, their_bound = info.objective_function_value, info.mip_dual_bound
        is_done = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        verdict = "" if is_done else "not proven"
        if is_done and bound == best and 1e-6 * best + 1 < abs(best - their_best):
            verdict = "DIFFERENT OPTIMUM"
        gap = (bound - best) / max(bound, 1) * 100
        their_gap = (their_bound - their_best) / max(their_bound, 1) * 100
        print(f"{name:20} {ms:9.2f} {their_ms:10.1f} ms {best:14.1f} {their_best:14.1f} "
              f"{gap:7.3f} {their_gap:7.3f} % {verdict}", flush=True)
        ratios.setdefault(name.rsplit("-", 1)[0], []).append(their_ms / ms)
    for family, values in ratios.items():
        print(f"{family:20} HiGHS takes {statistics.median(values):8.0f} times as long (median), "
              f"{math.floor(min(values))} at least")


main()
