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

/// <summary>The side of a square tile; a group has a thread for each of its elements.</summary>
internal interface ITile
{
    static abstract int Side { get; }
}

/// <summary>The tile of a card.</summary>
internal readonly struct Tile16 : ITile
{
    public static int Side => 16;
}

/// <summary>The tile where threads are simulated.</summary>
internal readonly struct Tile4 : ITile
{
    public static int Side => 4;
}

/// <summary>The lengths of a product and how neighbouring threads read its factors.</summary>
/// <param name="Batches">How many products.</param>
/// <param name="Rows">M.</param>
/// <param name="Columns">N.</param>
/// <param name="Terms">K.</param>
/// <param name="LeftAlongTerms">1 where the left factor's terms are neighbours in memory, 0 where its rows are.</param>
/// <param name="RightAlongTerms">1 where the right factor's terms are neighbours in memory, 0 where its columns are.</param>
internal readonly record struct ProductShape(int Batches, int Rows, int Columns, int Terms, int LeftAlongTerms, int RightAlongTerms);

/// <summary>A tile of a product of two factors: its group walks along the terms, a tile of each factor in shared memory at a
/// time, each thread at one sum.</summary>
internal readonly struct ProductKernel<TLeft, TRight, TOutput, TTile>(TLeft left, TRight right, TOutput output, ProductShape shape)
    : IGroupKernel
    where TLeft : struct, IFactor
    where TRight : struct, IFactor
    where TOutput : struct, IProductOutput
    where TTile : struct, ITile
{
    public void Run(int group)
    {
        // a column more, so that a column's elements lie in different banks
        var leftTile = SharedMemory.Allocate<float>(TTile.Side * (TTile.Side + 1));
        var rightTile = SharedMemory.Allocate<float>(TTile.Side * (TTile.Side + 1));
        int side = TTile.Side, stride = TTile.Side + 1;
        int tilesAcross = Ceiling.Divide(shape.Columns, side), tilesDown = Ceiling.Divide(shape.Rows, side);
        int tileRow = group / tilesAcross, tileColumn = group - tileRow * tilesAcross;
        int batch = tileRow / tilesDown;
        tileRow -= batch * tilesDown;
        int slow = Group.IdxX / side, fast = Group.IdxX - slow * side;
        int firstRow = tileRow * side, firstColumn = tileColumn * side;

        int leftRow = shape.LeftAlongTerms != 0 ? slow : fast, leftTerm = shape.LeftAlongTerms != 0 ? fast : slow;
        int rightColumn = shape.RightAlongTerms != 0 ? slow : fast, rightTerm = shape.RightAlongTerms != 0 ? fast : slow;
        float total = 0f;
        for (int first = 0; first < shape.Terms; first += side)
        {
            float element = 0f;
            if (firstRow + leftRow < shape.Rows && first + leftTerm < shape.Terms)
                element = left.At(batch, firstRow + leftRow, first + leftTerm);
            leftTile[leftRow * stride + leftTerm] = element;
            element = 0f;
            if (firstColumn + rightColumn < shape.Columns && first + rightTerm < shape.Terms)
                element = right.At(batch, firstColumn + rightColumn, first + rightTerm);
            rightTile[rightColumn * stride + rightTerm] = element;
            Group.Barrier();

            float sum = 0f;
            for (int term = 0; term < side; term++)
                sum = GpuMath.FusedMultiplyAdd(leftTile[slow * stride + term], rightTile[fast * stride + term], sum);
            total += sum;
            Group.Barrier();
        }
        if (firstRow + slow < shape.Rows && firstColumn + fast < shape.Columns)
            output.Write(batch, firstRow + slow, firstColumn + fast, total);
    }
}
