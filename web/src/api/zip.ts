const header = 30; // bytes of a local file header before its name
const signature = 0x04034b50; // of a local file header; what stands behind the last file has another

/**
 * Counts the files of a ZIP that is still coming, piece by piece: how many are there whole. Only for what tells a file's
 * size before it, as qr_export does. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.7
 */
export function zipCounter(): (piece: Uint8Array) => number {
  let files = 0;
  let isOver = false;
  /** Of the file that is coming, or of the header that is not there whole. */
  let missing = 0;
  let begun = new Uint8Array();

  return (piece) => {
    let at = 0;
    while (!isOver && at < piece.length) {
      if (missing > 0) {
        const taken = Math.min(missing, piece.length - at);
        at += taken;
        missing -= taken;
        if (missing === 0) files += 1;
        continue;
      }
      const more = piece.subarray(at, at + header - begun.length);
      at += more.length;
      begun = new Uint8Array([...begun, ...more]);
      if (begun.length < header) break;
      const view = new DataView(begun.buffer);
      isOver = view.getUint32(0, true) !== signature;
      missing = view.getUint32(18, true) + view.getUint16(26, true) + view.getUint16(28, true);
      begun = new Uint8Array();
    }
    return files;
  };
}
