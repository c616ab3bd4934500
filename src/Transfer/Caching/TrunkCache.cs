using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer;

/// <summary>A training set from a stage on: what the frozen stages below make of each example and view is computed once.</summary>
/// <remarks>It stands in for the whole set only where that shows in no bit of a weight: what is below neither learns nor draws nor moves statistics, and makes of an
/// example alone what it makes of it among others.</remarks>
internal sealed class TrunkCache : ITrainingSet, IDisposable
{
    private const long MostBytes = 1L << 30;
    private const int MostProbed = 16;

    private readonly IStagedTrainingSet data;
    private readonly Model model;
    private readonly Device device;
    private readonly string stage;
    private readonly TrunkCacheSetting setting;
    private readonly int views;
    private readonly HashSet<int> filled = [];
    private bool isProbed;
    private Rows? form;
    private RowStore? rows;

    private TrunkCache(IStagedTrainingSet data, int views, Model model, Device device, string stage, TrunkCacheSetting setting) =>
        (this.data, this.views, this.model, this.device, this.stage, this.setting) = (data, views, model, device, stage, setting);

    public int BatchesPerEpoch => data.BatchesPerEpoch;

    /// <summary>The folder of the rows that are kept on the disk, where none is given.</summary>
    public static string UsualFolder => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "graft", "trunk-outputs");

    /// <summary>The set from a stage on, or as it is where the whole model has to run, as is seen when the first epoch begins; null where that is known
    /// before.</summary>
    public static TrunkCache? Over(ITrainingSet data, Model model, Device device, string stage, TrunkCacheSetting setting) =>
        setting.Mode == TrunkCacheMode.Off || data is not IStagedTrainingSet { Views: { } views } staged || model.Stages[0].Name == stage || !staged.CanStartAt(stage)
            ? null : new TrunkCache(staged, views, model, device, stage, setting);

    public IEnumerable<ITrainingBatch> Epoch(int epoch, CancellationToken cancellation) => EpochFrom(epoch, batchesDone: 0, cancellation);

    public IEnumerable<ITrainingBatch> EpochFrom(int epoch, int batchesDone, CancellationToken cancellation)
    {
        // not before: what training goes on from is loaded when it begins
        if (!isProbed) rows = Probe(cancellation);
        isProbed = true;
        return rows is null ? data.EpochFrom(epoch, batchesDone, cancellation) : Kept(rows, epoch, cancellation).Skip(batchesDone);
    }

    private IEnumerable<ITrainingBatch> Kept(RowStore kept, int epoch, CancellationToken cancellation)
    {
        int view = epoch % views;
        if (!filled.Contains(view)) Fill(kept, view, cancellation);
        foreach (var planned in data.Plan(epoch))
        {
            cancellation.ThrowIfCancellationRequested();
            int[] examples = [.. planned.Where(example => kept.Has(Number(view, example)))];
            if (examples.Length > 0) yield return new Batch(this, view, examples);
        }
    }

    /// <summary>Where rows are kept; null where the whole model has to run.</summary>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    private RowStore? Probe(CancellationToken cancellation)
    {
        int[] probed = [.. Enumerable.Range(0, Math.Min(data.Examples, MostProbed))];
        if (Compute(0, probed, cancellation) is not { Examples.Length: > 0 } together) return null;
        // an example alone has to be what it is among others
        int length = together.Length, place = together.Among;
        if (Compute(0, [together.Examples[place]], cancellation) is not { Examples.Length: 1 } alone) return null;
        if (!SameBits(alone.Values, together.Values.AsSpan(place * length, length))) return null;
        long count = (long)data.Examples * views;
        if (setting.Mode == TrunkCacheMode.Auto && count * length * sizeof(float) > Math.Min(MostBytes, Free / 4)) return null;
        form = together with { Values = [] };
        if (setting.Mode != TrunkCacheMode.Disk) return new MemoryRows(checked((int)count));
        var kept = new DiskRows(setting, TrunkKey.Of(model, stage, device, together.Shape), length, checked((int)count));
        Check(kept, together);
        return kept;
    }

    public void Dispose() => rows?.Dispose();

    private static long Free => GC.GetGCMemoryInfo() is var memory ? Math.Max(0, memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes) : 0;

    private int Number(int view, int example) => view * data.Examples + example;

    private void Fill(RowStore kept, int view, CancellationToken cancellation)
    {
        try
        {
            int[] missing = [.. Enumerable.Range(0, data.Examples).Where(example => !kept.Has(Number(view, example)))];
            foreach (var batch in data.Inputs(view, missing, cancellation))
            {
                cancellation.ThrowIfCancellationRequested();
                var contents = kept.UsesContents ? batch.Examples.Select((_, at) => ContentOf(batch, at)).ToArray() : null;
                int[] wanted = [.. Enumerable.Range(0, batch.Examples.Count).Where(at => contents is null || !kept.Find(Number(view, batch.Examples[at]), contents[at]))];
                if (wanted.Length == 0) continue;
                var computed = RowsOf(batch)
                    ?? throw new InvalidOperationException($"what is below '{stage}' was frozen when the training began and is no more: turn the cache off (TrunkCacheMode.Off)");
                foreach (int at in wanted)
                    kept.Add(Number(view, batch.Examples[at]), contents?[at], computed.Values.AsSpan(at * computed.Length, computed.Length));
            }
            kept.Complete();
            filled.Add(view);
        }
        catch
        {
            kept.Abandon();
            throw;
        }
    }

    /// <summary>Distrusts what earlier runs left where it is not what is computed now.</summary>
    private void Check(DiskRows kept, Rows computed)
    {
        var stored = new float[computed.Length];
        foreach (var batch in data.Inputs(0, computed.Examples, CancellationToken.None))
        {
            for (int at = 0; at < batch.Examples.Count; at++)
            {
                int number = Number(0, batch.Examples[at]), place = Array.IndexOf(computed.Examples, batch.Examples[at]);
                if (!kept.Find(number, ContentOf(batch, at))) continue;
                kept.Read(number, stored);
                if (place >= 0 && SameBits(stored, computed.Values.AsSpan(place * computed.Length, computed.Length))) continue;
                kept.Distrust();
                return;
            }
        }
    }

    private static bool SameBits(ReadOnlySpan<float> left, ReadOnlySpan<float> right) => MemoryMarshal.AsBytes(left).SequenceEqual(MemoryMarshal.AsBytes(right));

    private static byte[] ContentOf(IStagedBatch batch, int at)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        batch.AppendContent(at, hash);
        return hash.GetHashAndReset();
    }

    private Rows? Compute(int view, int[] examples, CancellationToken cancellation)
    {
        var parts = new List<Rows>();
        foreach (var batch in data.Inputs(view, examples, cancellation))
        {
            if (RowsOf(batch) is not { } part || (parts.Count > 0 && part.Shape != parts[0].Shape)) return null;
            parts.Add(part);
        }
        if (parts.Count == 0) return null;
        int largest = parts.MaxBy(static part => part.Examples.Length)!.Examples[^1];
        var together = parts[0] with { Examples = [.. parts.SelectMany(static part => part.Examples)], Values = [.. parts.SelectMany(static part => part.Values)] };
        return together with { Among = Array.IndexOf(together.Examples, largest) };
    }

    /// <summary>What goes into the stage for a batch; null where something of it is not the same each time.</summary>
    private Rows? RowsOf(IStagedBatch batch)
    {
        // as a step computes it: what a layer does in training may not be what it does elsewhere
        using var pass = Pass.Train(device);
        var below = batch.Below(pass, stage);
        if (below.NeedsGradient || !pass.IsRepeatable)
        {
            pass.DiscardDeferred();
            return null;
        }
        int[] shape = below.Shape.ToArray();
        if (shape.Length < 2 || shape[0] != batch.Examples.Count) return null;
        bool isChannelsLast = shape.Length == 4 && below.Value.IsChannelsLast;
        float[] values = (isChannelsLast ? below.Value.Permute(0, 2, 3, 1) : below.Value).ToArray();
        int[] row = isChannelsLast ? [shape[2], shape[3], shape[1]] : shape[1..];
        return new Rows([.. batch.Examples], values, new Shape(row), isChannelsLast);
    }

    /// <summary>What goes into a stage.</summary>
    /// <param name="Examples">Of which examples.</param>
    /// <param name="Values">Row by row.</param>
    /// <param name="Shape">A row's; of a feature map [H, W, C] where channels are last.</param>
    /// <param name="IsChannelsLast">Whether it is one of those.</param>
    private sealed record Rows(int[] Examples, float[] Values, Shape Shape, bool IsChannelsLast)
    {
        /// <summary>The place of one that was computed among others.</summary>
        public int Among { get; init; }

        public int Length => checked((int)Shape.ElementCount);
    }

    private sealed class Batch(TrunkCache cache, int view, int[] examples) : ITrainingBatch
    {
        public int Count => examples.Length;

        public Variable Loss(Pass pass)
        {
            var form = cache.form!;
            var values = new float[examples.Length * form.Length];
            for (int at = 0; at < examples.Length; at++) cache.rows!.Read(cache.Number(view, examples[at]), values.AsSpan(at * form.Length, form.Length));
            var rows = pass.Upload<float>([examples.Length, .. form.Shape.ToArray()], values);
            return cache.data.LossFrom(pass.Constant(form.IsChannelsLast ? rows.Permute(0, 3, 1, 2) : rows), cache.stage, examples);
        }
    }
}
