using ILGPU;

namespace Graft.Tensors.Gpu;

/// <summary>A factor of a product, one matrix a batch: [rows, K] on the left, [columns, K] on the right. A convolution's
/// patches are such a factor, never written out.</summary>
internal interface IFactor
{
    /// <summary>One element; it lies inside the factor.</summary>
    float At(int batch, int outer, int term);
}

/// <summary>Where a product's sums go.</summary>
internal interface IProductOutput
{
    /// <summary>Writes one element.</summary>
    void Write(int batch, int row, int column, float sum);
}

/// <summary>The lengths of a product and how neighbouring threads read its factors.</summary>
/// <param name="Batches">How many products.</param>
/// <param name="Rows">M.</param>
/// <param name="Columns">N.</param>
/// <param name="Terms">K.</param>
/// <param name="LeftAlongTerms">1 where the left factor's terms are neighbours in memory, 0 where its rows are.</param>
/// <param name="RightAlongTerms">1 where the right factor's terms are neighbours in memory, 0 where its columns are.</param>
internal readonly record struct ProductShape(int Batches, int Rows, int Columns, int Terms, int LeftAlongTerms, int RightAlongTerms)
{
    /// <summary>How many tiles of a side cover all products.</summary>
    public int Tiles(int side) => checked(Batches * Ceiling.Divide(Rows, side) * Ceiling.Divide(Columns, side));
}

/// <summary>A tile of a product of two factors, the whole depth of it.</summary>
internal readonly struct ProductKernel<TLeft, TRight, TOutput, TTile>(TLeft left, TRight right, TOutput output, ProductShape shape)
    : IGroupKernel
    where TLeft : struct, IFactor
    where TRight : struct, IFactor
    where TOutput : struct, IProductOutput
    where TTile : struct, ITile
{
    public void Run(int group)
    {
        var panels = SharedMemory.Allocate<float>(Tile<TTile>.Panels);
        int tilesAcross = Ceiling.Divide(shape.Columns, Tile<TTile>.Side), tilesDown = Ceiling.Divide(shape.Rows, Tile<TTile>.Side);
        int tileRow = group / tilesAcross, tileColumn = group - tileRow * tilesAcross;
        int batch = tileRow / tilesDown;
        int firstRow = (tileRow - batch * tilesDown) * Tile<TTile>.Side, firstColumn = tileColumn * Tile<TTile>.Side;
        var sums = default(ThreadSums);
        Tile<TTile>.Add(
            ref sums, new TileFactor<TLeft>(left, batch, firstRow, shape.Rows, shape.LeftAlongTerms), new TileFactor<TRight>(right, batch, firstColumn, shape.Columns, shape.RightAlongTerms),
            shape.Terms, panels);
        for (int i = 0; i < Eight.Count; i++)
        {
            int row = firstRow + Tile<TTile>.Row(i);
            if (row >= shape.Rows) continue;
            var line = sums.Row(i);
            for (int j = 0; j < Eight.Count; j++)
            {
                int column = firstColumn + Tile<TTile>.Column(j);
                if (column < shape.Columns) output.Write(batch, row, column, line.At(j));
            }
        }
    }
}
