namespace Graft.Text.Tokenisers;

/// <summary>One of Unicode's four forms.</summary>
/// <param name="compatible">Whether signs become what they are compatible with (NFKC, NFKD).</param>
/// <param name="composes">Whether letters and marks become one sign again (NFC, NFKC).</param>
/// <param name="python">Whether all of today's decompositions are known; else those of tokenizers (Rust).</param>
internal sealed class UnicodeNormaliser(bool compatible, bool composes, bool python = false) : Normaliser
{
    // below these everything is in the form already
    private readonly char first = compatible ? '\u00a0' : composes ? '\u0300' : '\u00c0';

    public override void Apply(Workspace work)
    {
        var text = work.Text;
        if (!text.Units.ContainsAnyInRange(first, '\uffff')) return;
        var tables = NormalisationTables.Shared;
        var points = work.Points;
        points.Clear();
        Span<int> parts = stackalloc int[18];
        for (int at = 0; at < text.Length;)
        {
            int point = text.PointAt(at, out int length), start = text.StartOf(at), end = text.EndOf(at + length - 1);
            at += length;
            parts[0] = point;
            int count = !python && !OlderUnicode.Decomposes(point) ? 1 : tables.Decompose(point, compatible, parts);
            foreach (int part in parts[..count]) points.Add(part, tables.CombiningClassOf(part), start, end);
        }
        points.Order();
        if (composes) points.Compose(tables);
        points.WriteTo(work.Spare);
        work.TakeText();
    }
}
