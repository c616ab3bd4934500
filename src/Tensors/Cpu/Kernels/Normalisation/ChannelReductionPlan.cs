namespace Graft.Tensors;

/// <summary>Sums down the channels of [R, C], cut into chunks of rows whose boundaries depend on the shape alone; an item is one
/// chunk of one block of channels.</summary>
internal readonly struct ChannelReductionPlan(Tensor<float> x)
{
    public const int Block = 64;
    private const int RowsPerChunk = 256;

    public int Channels { get; } = x.Shape[1];

    public nint Rows { get; } = x.Shape[1] == 0 ? 0 : (nint)(x.ElementCount / x.Shape[1]);

    public int Chunks => Math.Max(1, (int)Ceiling.Divide(Rows, RowsPerChunk));

    /// <summary>A number a chunk and channel.</summary>
    public long Partials => (long)Chunks * Channels;

    public nint Items => (nint)Chunks * Blocks;

    public long StepsPerItem => Math.Min(Rows, RowsPerChunk) * Math.Min(Block, Channels) * 2;

    private int Blocks => Ceiling.Divide(Channels, Block);

    /// <summary>The rows and channels of an item.</summary>
    public (nint Chunk, nint FirstRow, nint LastRow, int FirstChannel, int Width) Item(nint item)
    {
        nint chunk = item / Blocks;
        int channel = (int)(item - chunk * Blocks) * Block;
        return (chunk, chunk * RowsPerChunk, FirstRowAfter(chunk), channel, Math.Min(Block, Channels - channel));
    }

    /// <summary>How many rows a chunk has.</summary>
    public nint RowsIn(nint chunk) => FirstRowAfter(chunk) - chunk * RowsPerChunk;

    private nint FirstRowAfter(nint chunk) => Math.Min(Rows, (chunk + 1) * RowsPerChunk);
}
