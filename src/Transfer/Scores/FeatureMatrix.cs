namespace Graft.Transfer;

/// <summary>Features of examples [N, D], a row an example, in double precision: what transferability is measured on.</summary>
public sealed class FeatureMatrix
{
    private readonly double[] values;

    /// <summary>Takes the features of each example.</summary>
    /// <param name="rows">A row an example, all of one width.</param>
    /// <exception cref="ArgumentException">There is no row, the rows differ in width, or a number is not finite.</exception>
    public FeatureMatrix(IReadOnlyList<float[]> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Count == 0 || rows[0].Length == 0) throw new ArgumentException("there are no features to measure", nameof(rows));
        (Examples, Width) = (rows.Count, rows[0].Length);
        values = new double[(long)Examples * Width];
        for (int row = 0; row < Examples; row++)
        {
            if (rows[row].Length != Width) throw new ArgumentException($"example {row} has {rows[row].Length} features and example 0 has {Width}", nameof(rows));
            for (int column = 0; column < Width; column++)
            {
                float value = rows[row][column];
                if (!float.IsFinite(value)) throw new ArgumentException($"feature {column} of example {row} is {value}: nothing can be measured on it", nameof(rows));
                values[row * Width + column] = value;
            }
        }
    }

    private FeatureMatrix(int examples, int width, double[] values) => (Examples, Width, this.values) = (examples, width, values);

    /// <summary>N.</summary>
    public int Examples { get; }

    /// <summary>D.</summary>
    public int Width { get; }

    /// <summary>The features of an example [D].</summary>
    /// <param name="example">Which, from 0.</param>
    public ReadOnlySpan<double> this[int example] => values.AsSpan(example * Width, Width);

    /// <summary>The mean of each feature [D].</summary>
    internal double[] Means()
    {
        var means = new double[Width];
        for (int row = 0; row < Examples; row++) Doubles.AddScaled(1, this[row], means);
        for (int column = 0; column < Width; column++) means[column] /= Examples;
        return means;
    }

    /// <summary>(x - shift) / scale, feature by feature.</summary>
    internal FeatureMatrix Shifted(double[] shift, double[]? scale = null)
    {
        var moved = new double[values.Length];
        for (int row = 0, at = 0; row < Examples; row++)
            for (int column = 0; column < Width; column++, at++)
                moved[at] = (values[at] - shift[column]) / (scale is null ? 1 : scale[column]);
        return new FeatureMatrix(Examples, Width, moved);
    }

    /// <summary>Some of the examples.</summary>
    internal FeatureMatrix Of(int[] examples)
    {
        var chosen = new double[(long)examples.Length * Width];
        for (int row = 0; row < examples.Length; row++) this[examples[row]].CopyTo(chosen.AsSpan(row * Width));
        return new FeatureMatrix(examples.Length, Width, chosen);
    }

    /// <summary>The standard deviation of each feature around its mean [D], over N; 1 of one that is constant.</summary>
    internal double[] Deviations(double[] means)
    {
        var squares = new double[Width];
        for (int row = 0; row < Examples; row++)
            for (int column = 0; column < Width; column++)
                squares[column] += (this[row][column] - means[column]) * (this[row][column] - means[column]);
        // what rounding leaves of a constant is no deviation
        return [.. squares.Select((square, column) => Math.Sqrt(square / Examples) is var deviation && deviation > 1e-12 * Math.Abs(means[column]) ? deviation : 1)];
    }
}
