"""From a save to the picture, for every filter of the library: a table as Markdown, and the medians over all filters.

    python3 benches/reload/table.py --binary target/release/antifaz --saves 15 > reload.md

Each filter is edited as often as that while it is drawn (`antifaz filter bench NAME --reload`). `film` is measured before
and after all others: how much the machine's own speed changed meanwhile.
"""

import argparse
import json
import pathlib
import statistics
import subprocess

FILTERS = pathlib.Path(__file__).resolve().parents[2] / 'filters'
COLUMNS = ['ready', 'drawn', 'frame_quiet', 'frame_reloading', 'longest_still']


def measured(binary, name, saves, size):
    """Medians of a filter, in milliseconds."""
    command = [binary, 'filter', 'bench', name, '--reload', str(saves), '--size', size, '--json', '--quiet']
    times = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)['ms']
    return [times[column]['p50'] for column in COLUMNS]


def row(name, times):
    print(f'| {name} | ' + ' | '.join(f'{time:.0f}' for time in times) + ' |', flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--binary', default='target/release/antifaz')
    parser.add_argument('--saves', type=int, default=15)
    parser.add_argument('--size', default='640x360')
    given = parser.parse_args()
    names = sorted(path.parent.name for path in FILTERS.glob('*/filter.toml'))
    print('| filter | ' + ' | '.join(COLUMNS).replace('_', ' ') + ' |\n|---' + '|---' * len(COLUMNS) + '|')
    row('film, before', measured(given.binary, 'film', given.saves, given.size))
    found = {}
    for name in names:
        found[name] = measured(given.binary, name, given.saves, given.size)
        row(name, found[name])
    row('film, after', measured(given.binary, 'film', given.saves, given.size))
    row('**median of all filters**', [statistics.median(times) for times in zip(*found.values())])


if __name__ == '__main__':
    main()
