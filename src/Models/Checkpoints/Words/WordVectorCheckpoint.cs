using System.Globalization;
using System.Runtime.InteropServices;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Word vectors as a checkpoint: one tensor, <c>weight</c> [V, D], as an embedding has it.</summary>
internal sealed class WordVectorCheckpoint : Checkpoint
{
    private readonly CheckpointFile file;

    private WordVectorCheckpoint(CheckpointFile file, WordVectorFile words, StoredTensor tensor)
        : base(file.Path, words.Format, file.Length, Describe(words), [tensor]) => (this.file, Words) = (file, words);

    public WordVectorFile Words { get; }

    /// <summary>Opens a file of word vectors; null where it is none.</summary>
    public static WordVectorCheckpoint? TryRead(CheckpointFile file, ReadOnlySpan<byte> start)
    {
        if (WordVectorFile.TryOpen(file, start) is not { } words) return null;
        var elements = new StoredElements(file, ElementType.Float32, new Shape([words.Count, words.Dimension]), () => new RowStream(words));
        return new WordVectorCheckpoint(file, words, new StoredTensor("weight", elements));
    }

    protected override void Close() => file.Dispose();

    private static Dictionary<string, string> Describe(WordVectorFile words) => new(StringComparer.Ordinal)
    {
        ["vocabulary_size"] = words.Count.ToString(CultureInfo.InvariantCulture),
        ["vector_size"] = words.Dimension.ToString(CultureInfo.InvariantCulture),
    };

    private sealed class RowStream(WordVectorFile words) : ElementStream
    {
        private readonly float[] row = new float[words.Dimension];
        private int next;
        private int left;

        public override void Read(Span<byte> destination)
        {
            while (destination.Length > 0)
            {
                if (left == 0)
                {
                    words.Read(next++, row);
                    left = 4 * row.Length;
                }
                var rest = MemoryMarshal.AsBytes(row.AsSpan())[^left..];
                int count = Math.Min(rest.Length, destination.Length);
                rest[..count].CopyTo(destination);
                destination = destination[count..];
                left -= count;
            }
        }
    }
}
