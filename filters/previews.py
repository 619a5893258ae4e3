#!/usr/bin/env python3
"""Makes the filters' previews with the program, and the sheet that shows all of them.

    python3 filters/previews.py                     preview.jpg of every filter, and assets/filters.jpg
    python3 filters/previews.py film glasses        only these, and the sheet
    python3 filters/previews.py --sheet             only the sheet, from the previews that are there
    python3 filters/previews.py --angles CLIP       each filter on frames of a clip, to look at closely

Needs Pillow and a built `antifaz` (cargo build, or --binary). What a preview shows can be said in the filter's
preview.json, every key of which may be left out:

    {"still": "pd_astronaut.png",       a file of assets/stills, or
     "clip": "NAME", "frame": 20,       a file of assets/clips, and which of its frames
     "fps": 5, "size": "960x720",       how many of the clip's frames are drawn in a second, and how large
     "crop": [x, y, width, height],     in shares of the picture, 0..1; it is shown as 4 : 3
     "look": ["film:grain=1"],          filters with their values, in order
     "beside": true}                    the left half shows the picture without them
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image, ImageDraw, ImageFile, ImageFont, ImageOps

# Without it, sharp pictures are too long for Pillow to optimize.
ImageFile.MAXBLOCK = 1 << 22

ROOT = pathlib.Path(__file__).resolve().parents[1]
FILTERS = ROOT / 'filters'
STILLS = ROOT / 'assets/stills'
CLIPS = ROOT / 'assets/clips'
PREVIEW = (480, 360)
MOST_BYTES = 60_000
MOST_BYTES_OF_SHEET = 400_000
TILE = (300, 225)
COLUMNS = 6
ASTRONAUT = {'still': 'pd_astronaut.png', 'crop': [0.06, 0, 0.76, 0.57]}


def filters(names):
    """The folders of the filters with these names, or of all."""
    known = sorted(path.parent for path in FILTERS.glob('*/filter.toml'))
    unknown = set(names) - {folder.name for folder in known}
    if unknown:
        sys.exit(f'no such filter: {", ".join(sorted(unknown))}')
    return [folder for folder in known if not names or folder.name in names]


def title(folder):
    for line in (folder / 'filter.toml').read_text().splitlines():
        if line.startswith('title'):
            return line.split('"')[1]
    return folder.name


def wish(folder):
    path = folder / 'preview.json'
    given = json.loads(path.read_text()) if path.exists() else {}
    base = {} if 'still' in given or 'clip' in given else ASTRONAUT
    return {'look': [folder.name], 'crop': [0, 0, 1, 1], 'frame': 0} | base | given


def render(args, source, look, out, *more):
    command = [args.binary, '--data', ROOT, '--quiet', 'render', '--input', source, '--out', out, *more]
    for item in look:
        command += ['--filter', item]
    subprocess.run([str(part) for part in command], check=True)


def cropped(image, crop):
    x, y, width, height = crop
    box = (x * image.width, y * image.height, (x + width) * image.width, (y + height) * image.height)
    return image.crop(tuple(round(side) for side in box))


def drawn(args, wanted, look):
    """What a preview shows, with these filters."""
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        if 'clip' in wanted:
            (place / 'frames').mkdir()
            more = [part for name in ('fps', 'size') if name in wanted for part in (f'--{name}', wanted[name])]
            render(args, CLIPS / wanted['clip'], look, place / 'frames', '--frames', wanted['frame'] + 1, *more)
            frame = Image.open(sorted((place / 'frames').glob('*.png'))[-1]).convert('RGB')
            return ImageOps.fit(cropped(frame, wanted['crop']), PREVIEW, Image.LANCZOS)
        # Drawn larger than it is shown: fine lines come out as they do in a large picture.
        still = cropped(Image.open(STILLS / wanted['still']).convert('RGB'), wanted['crop'])
        ImageOps.fit(still, (PREVIEW[0] * 2, PREVIEW[1] * 2), Image.LANCZOS).save(place / 'still.png')
        render(args, place / 'still.png', look, place / 'out.png')
        image = Image.open(place / 'out.png').convert('RGBA')
        image = Image.alpha_composite(Image.new('RGBA', image.size, '#808080'), image).convert('RGB')
        return ImageOps.fit(image, PREVIEW, Image.LANCZOS)


def preview(args, folder):
    wanted = wish(folder)
    image = drawn(args, wanted, wanted['look'])
    if wanted.get('beside'):
        middle = PREVIEW[0] // 2
        before = drawn(args, wanted, ['film:strength=0'])
        image.paste(before.crop((0, 0, middle, PREVIEW[1])), (0, 0))
        ImageDraw.Draw(image).line((middle, 0, middle, PREVIEW[1]), '#ffffff', 3)
    path = folder / 'preview.jpg'
    for quality in range(90, 20, -6):
        image.save(path, quality=quality, optimize=True, subsampling=0)
        if path.stat().st_size < MOST_BYTES:
            break
    print(f'{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB')


def grid(rows, tile, captions, path, most_bytes=None):
    """Pictures in rows with their captions below; of lesser quality until they take no more than these bytes."""
    font, strip = ImageFont.load_default(17), 30
    width = max(len(row) for row in rows) * (tile[0] + 6) + 6
    sheet = Image.new('RGB', (width, len(rows) * (tile[1] + strip) + 6), '#101216')
    pen = ImageDraw.Draw(sheet)
    for y, (row, names) in enumerate(zip(rows, captions)):
        for x, (image, name) in enumerate(zip(row, names)):
            left, top = 6 + x * (tile[0] + 6), 6 + y * (tile[1] + strip)
            sheet.paste(ImageOps.fit(image, tile, Image.LANCZOS), (left, top))
            pen.text((left + tile[0] / 2, top + tile[1] + 12), name, '#d8dbe2', font, anchor='mm')
    for quality in range(88, 40, -4):
        sheet.save(path, quality=quality, optimize=True)
        if not most_bytes or pathlib.Path(path).stat().st_size < most_bytes:
            break
    print(f'{path}: {sheet.width}x{sheet.height}')


def sheet():
    shown = [folder for folder in filters([]) if (folder / 'preview.jpg').exists()]
    images = [Image.open(folder / 'preview.jpg').convert('RGB') for folder in shown]
    names = [title(folder) for folder in shown]
    starts = range(0, len(shown), COLUMNS)
    grid([images[i:i + COLUMNS] for i in starts], TILE, [names[i:i + COLUMNS] for i in starts],
         ROOT / 'assets/filters.jpg', MOST_BYTES_OF_SHEET)


def angles(args):
    """A row for each filter: frames of a clip, evenly spaced."""
    rows, captions = [], []
    for folder in filters(args.names):
        with tempfile.TemporaryDirectory() as place:
            render(args, args.angles, wish(folder)['look'], place, '--fps', args.fps, *(
                ('--size', args.size) if args.size else ()))
            paths = sorted(pathlib.Path(place).glob('*.png'))
            picked = [paths[round(i * (len(paths) - 1) / max(args.count - 1, 1))] for i in range(args.count)]
            rows.append([Image.open(path).convert('RGB') for path in picked])
        captions.append([f'{folder.name} {paths.index(path)}' for path in picked])
        print(folder.name)
    first = rows[0][0]
    grid(rows, (round(args.height * first.width / first.height), args.height), captions, args.out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*', metavar='FILTER')
    parser.add_argument('--binary', default=ROOT / 'target/debug/antifaz', help='the program; else that of cargo build')
    parser.add_argument('--sheet', action='store_true', help='only put the previews together')
    parser.add_argument('--angles', metavar='CLIP', help='a sheet of each filter on frames of this clip')
    parser.add_argument('--count', type=int, default=5, help='frames in a row of --angles')
    parser.add_argument('--fps', type=float, default=5, help='frames per second that --angles draws')
    parser.add_argument('--size', metavar='WxH', help='at which --angles draws')
    parser.add_argument('--height', type=int, default=240, help='of a frame in the sheet of --angles')
    parser.add_argument('--out', default='angles.jpg', help='the sheet of --angles')
    args = parser.parse_args()
    if args.angles:
        return angles(args)
    if not args.sheet:
        for folder in filters(args.names):
            preview(args, folder)
    sheet()


if __name__ == '__main__':
    main()
