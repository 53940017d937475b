import { describe, expect, test } from 'vitest'
import { detect } from '../../src/engine/documents/detect.ts'
import { gathered } from '../../src/engine/documents/gather.ts'
import { zip } from '../vectors/files.ts'
import { buildInstance, buildNode, failureOf } from './harness.ts'

/** A file as canvases store it in a node. */
const dataUri = (bytes: Buffer, name: string) =>
  `data:application/octet-stream;base64,${bytes.toString('base64')},filename:${name}`

async function load(name: string, inputs: Record<string, unknown>) {
  const documents = await gathered((await buildInstance('documents', { name, inputs })).load())
  return documents.map(({ pageContent, metadata }) => ({ pageContent, metadata }))
}

const relations = (rows: Readonly<Record<string, readonly [type: string, target: string]>>) =>
  `<Relationships>${Object.entries(rows)
    .map(
      ([id, [type, target]]) =>
        `<Relationship Id="${id}" Type="http://x/${type}" Target="${target}"/>`,
    )
    .join('')}</Relationships>`

describe('Excel', () => {
  const parts = {
    'xl/workbook.xml':
      '<workbook xmlns:r="r"><sheets><sheet name="Prices &amp; more" r:id="r2"/><sheet name="Empty" r:id="r1"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels': relations({
      r1: ['worksheet', '/xl/worksheets/b.xml'],
      r2: ['worksheet', 'worksheets/a.xml'],
    }),
    'xl/sharedStrings.xml':
      '<sst><si><t>item</t></si><si><r><t>wool </t></r><r><t>socks</t></r><rPh><t>no</t></rPh></si></sst>',
    'xl/styles.xml':
      '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="[Red]dd.mm.yyyy"/><numFmt numFmtId="165" formatCode="0 &quot;days&quot;"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="21"/></cellXfs></styleSheet>',
    // As the SDK of the maker writes it, with a prefix.
    'xl/worksheets/a.xml': `<x:worksheet><x:sheetData>
      <x:row r="1"/>
      <x:row r="2"><x:c r="A2" t="s"><x:v>0</x:v></x:c><x:c r="B2" t="inlineStr"><x:is><x:t>price</x:t></x:is></x:c><x:c r="C2" t="str"><x:v>price</x:v></x:c></x:row>
      <x:row r="3"><x:c r="A3" t="s"><x:v>1</x:v></x:c><x:c r="B3"><x:v>79.5</x:v></x:c><x:c r="C3" s="2"><x:v>3</x:v></x:c><x:c r="AA3" s="1"><x:v>45351.354166666664</x:v></x:c></x:row>
      <x:row r="4"><x:c r="A4" t="e"><x:v>#N/A</x:v></x:c></x:row>
      <x:row r="5"><x:c r="A5" t="b"><x:v>1</x:v></x:c><x:c r="B5" s="1"><x:v>45351</x:v></x:c><x:c s="3"><x:v>0.5</x:v></x:c></x:row>
    </x:sheetData></x:worksheet>`,
    'xl/worksheets/b.xml': '<worksheet><sheetData/></worksheet>',
  }

  test('each row below the first is a document', async () => {
    const excelFile = dataUri(zip(parts), 'a.xlsx')
    const row = { source: 'a.xlsx', worksheet: 'Prices & more' }
    expect(await load('microsoftExcel', { excelFile })).toEqual([
      {
        pageContent:
          '- item: wool socks\n- price: 79.5\n- price_1: 3\n- __EMPTY: 2024-02-29T08:30:00\n',
        metadata: {
          ...row,
          rowNum: 2,
          item: 'wool socks',
          price: 79.5,
          price_1: 3,
          __EMPTY: '2024-02-29T08:30:00',
        },
      },
      {
        pageContent: '- item: true\n- price: 2024-02-29\n- price_1: 12:00:00\n',
        metadata: { ...row, rowNum: 4, item: true, price: '2024-02-29', price_1: '12:00:00' },
      },
    ])
  })

  test('days may be counted from 1904', async () => {
    const late = parts['xl/workbook.xml'].replace('<sheets>', '<workbookPr date1904="1"/><sheets>')
    const file = dataUri(zip({ ...parts, 'xl/workbook.xml': late }), 'a.xlsx')
    const [, row] = await load('fileLoader', { file })
    expect(row?.metadata['price']).toBe('2028-03-01')
  })
})

describe('PowerPoint', () => {
  const slide = (...paragraphs: string[]) =>
    `<p:sld><p:sp><p:txBody>${paragraphs.map((text) => `<a:p><a:r><a:t>${text}</a:t></a:r></a:p>`).join('')}</p:txBody></p:sp></p:sld>`
  const parts = {
    'ppt/presentation.xml':
      '<p:presentation xmlns:r="r"><p:sldIdLst><p:sldId id="256" r:id="r2"/><p:sldId id="257" r:id="r1"/></p:sldIdLst><p:extLst><p14:sldId id="256"/></p:extLst></p:presentation>',
    'ppt/_rels/presentation.xml.rels': relations({
      r1: ['slide', 'slides/slide1.xml'],
      r2: ['slide', 'slides/slide2.xml'],
    }),
    'ppt/slides/slide1.xml': slide('Last', 'words<a:br/>'),
    'ppt/slides/slide2.xml': slide(
      'Socks &amp; shoes',
      ' ',
      '</a:t></a:r><a:r><a:t>are</a:t></a:r><a:br/><a:r><a:t>warm',
    ),
    'ppt/slides/_rels/slide2.xml.rels': relations({ r9: ['notesSlide', '../notesSlides/n.xml'] }),
    'ppt/notesSlides/n.xml':
      '<p:notes><p:sp><p:nvPr><p:ph type="sldNum"/></p:nvPr><a:p><a:t>1</a:t></a:p></p:sp><p:sp><p:nvPr><p:ph type="body"/></p:nvPr><a:p><a:t>Say it loud.</a:t></a:p></p:sp></p:notes>',
  }

  test('each slide is a document, in the order of the talk and with its notes', async () => {
    const powerpointFile = dataUri(zip(parts), 'a.pptx')
    const facts = { source: 'a.pptx', documentType: 'powerpoint' }
    expect(await load('microsoftPowerpoint', { powerpointFile })).toEqual([
      {
        pageContent: 'Socks & shoes\nare\nwarm\n\nSay it loud.',
        metadata: { ...facts, slideNumber: 1 },
      },
      { pageContent: 'Last\nwords', metadata: { ...facts, slideNumber: 2 } },
    ])
  })
})

describe('EPUB', () => {
  const parts = {
    mimetype: 'application/epub+zip',
    'META-INF/container.xml':
      '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
    'OEBPS/book.opf':
      '<opf:package><opf:manifest><opf:item id="b" href="text/b%20c.xhtml"/><opf:item id="a" href="a.xhtml"/><opf:item id="css" href="s.css"/></opf:manifest><opf:spine><opf:itemref idref="a"/><opf:itemref idref="b"/><opf:itemref idref="gone"/></opf:spine></opf:package>',
    'OEBPS/a.xhtml': '<html><head><title/></head><body><p>Once upon a time.</p></body></html>',
    'OEBPS/text/b c.xhtml':
      '<html><head><title>The end</title></head><body><p>They lived.</p></body></html>',
    'OEBPS/s.css': 'p { color: red }',
  }
  const epubFile = dataUri(zip(parts), 'a.epub')

  test('each chapter is a document, in the order of the book', async () => {
    expect(await load('epubFile', { epubFile, usage: 'perChapter' })).toEqual([
      { pageContent: 'Once upon a time.', metadata: { source: 'a.epub' } },
      { pageContent: 'They lived.', metadata: { source: 'a.epub', chapter: 'The end' } },
    ])
  })

  test('or all of them are one', async () => {
    expect(await load('epubFile', { epubFile, usage: 'perFile' })).toEqual([
      { pageContent: 'Once upon a time.\n\nThey lived.', metadata: { source: 'a.epub' } },
    ])
    const text = await buildNode({ name: 'epubFile', inputs: { epubFile } })
    expect(text).toMatchObject({ kind: 'documents' })
  })
})

test.each([
  ['xl/workbook.xml', 'xlsx'],
  ['ppt/presentation.xml', 'pptx'],
  ['word/document.xml', 'docx'],
  ['META-INF/container.xml', 'epub'],
])('an archive with %s is told by its beginning and its end alone', (part, kind) => {
  const noise = Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * at * 31) % 251))
  const whole = zip({ 'other.xml': noise, [part]: '<x/>' })
  const bytes = Buffer.concat([whole.subarray(0, 64), whole.subarray(-300)])
  expect(detect({ name: 'a', mime: '', bytes, origin: null }, undefined)).toEqual({ kind })
})

describe('archives that are not what they should be', () => {
  const sheet = { 'xl/workbook.xml': '<workbook/>' }

  test.each([
    ['holds nothing', zip(sheet), /"a" holds no text/],
    ['is torn', zip(sheet).fill(255, 45, 55), /"a" is damaged/],
    ['is another archive', zip({ 'a.txt': 'x' }), /is a ZIP archive, and no Word, Excel/],
  ])('one that %s is refused', async (_what, bytes, message) => {
    const failure = await failureOf(load('microsoftExcel', { excelFile: dataUri(bytes, 'a') }))
    expect(failure.message).toMatch(message)
  })

  test('one whose parts unpack to too much together is refused', async () => {
    const half = Buffer.alloc(110 * 1024 * 1024, ' ')
    const bomb = {
      'xl/workbook.xml': '<workbook><sheets><sheet r:id="a"/><sheet r:id="b"/></sheets></workbook>',
      'xl/_rels/workbook.xml.rels': relations({ a: ['sheet', 'a.xml'], b: ['sheet', 'b.xml'] }),
      'xl/a.xml': half,
      'xl/b.xml': half,
    }
    const excelFile = dataUri(zip(bomb, 100), 'a')
    const failure = await failureOf(load('microsoftExcel', { excelFile }))
    expect(failure.message).toBe('The file "a" unpacks to more than 200 MiB.')
  })
})
