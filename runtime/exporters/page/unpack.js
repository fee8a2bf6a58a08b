// Unpack: base64, gzip, JSON, without asking anybody for anything.

async function unpack(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at += 1) bytes[at] = letters.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

// A rising column that was told as differences.
function summed(differences) {
  const sums = new Float64Array(differences.length);
  let sum = 0;
  for (let at = 0; at < sums.length; at += 1) {
    sum += differences[at];
    sums[at] = sum;
  }
  return sums;
}
