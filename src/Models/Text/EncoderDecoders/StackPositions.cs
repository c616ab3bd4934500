using Graft.Autograd;

namespace Graft.Models;

/// <summary>What is added to the embedding of each place: rows of a learnt table or of sines and cosines.</summary>
internal sealed class StackPositions : Module
{
    private const double Wavelength = 10000;

    private readonly int first;
    private readonly int count;
    private readonly int width;
    private readonly Embedding? table;
    private readonly Lazy<float[]> sines;

    public StackPositions(EncoderDecoderConfig config)
    {
        (first, count, width) = (config.Family.FirstPosition, config.MaximumPositions ?? 0, config.Width);
        sines = new Lazy<float[]>(Sines);
        if (config.Family.Positions == PositionKind.Learnt)
            table = Add("", new Embedding(checked(count + first), width, Initialiser.Normal(config.Deviations.Words)));
        else IgnoreKey("weight", "a table of sines that is computed");
    }

    /// <summary>Refuses a batch with a position that has no row.</summary>
    public void Require(TextBatch batch)
    {
        if (batch.Positions is null && batch.Length > count)
            throw new ArgumentException($"{batch.Length} tokens are more than the {count} positions that the model knows: shorten the text");
        foreach (int position in batch.Positions ?? [])
            if ((uint)position >= (uint)count) throw new ArgumentException($"the position {position} is none of the {count} that the model knows, 0 ... {count - 1}");
    }

    /// <summary>The rows of places: [T, D] of those from <see cref="TextInputs.FirstPlace"/> on, or [B, T, D] of those given.</summary>
    public Variable Forward(TextInputs inputs)
    {
        var pass = inputs.Pass;
        if (inputs.Positions is not { } given)
        {
            int place = inputs.FirstPlace, length = inputs.Length;
            return table is not null ? pass.Of(table.Weight).Slice(0, place + first, length)
                : pass.Constant(pass.Upload<float>([length, width], sines.Value.AsSpan(place * width, length * width)));
        }
        // the rows of places alone, so that places are rows
        var rows = table is not null ? pass.Of(table.Weight).Slice(0, first, count) : pass.Constant(pass.Upload<float>([count, width], sines.Value));
        return rows.Embedding(given, inputs.Places);
    }

    /// <summary>[positions, D]: the sines of all wavelengths, then the cosines.</summary>
    private float[] Sines()
    {
        var values = new float[count * width];
        int half = (width + 1) / 2;
        for (int position = 0; position < count; position++)
        {
            var row = values.AsSpan(position * width, width);
            for (int place = 0; place < width; place++)
            {
                int pair = place < half ? place : place - half;
                double angle = position / Math.Pow(Wavelength, 2.0 * pair / width);
                row[place] = (float)(place < half ? Math.Sin(angle) : Math.Cos(angle));
            }
        }
        return values;
    }
}
