namespace Graft.Tasks;

/// <summary>A classifier that another one learns from beside its labels. Nothing unless a teacher is named.</summary>
public sealed record DistillationOptions
{
    private const double UsualTemperature = 4, UsualWeight = 0.5;

    /// <summary>The teacher's name or path: for pictures whatever <see cref="ImageModelSource.Open"/> takes, an ONNX file too; for texts a folder.</summary>
    public string? Teacher { get; init; }

    /// <summary>How much is made of what the teacher holds unlikely, above 0; null for 4.</summary>
    public double? Temperature { get; init; }

    /// <summary>How much of the loss is the teacher's part, from 0 to 1; null for a half.</summary>
    public double? Weight { get; init; }

    internal float TemperatureOrUsual => (float)(Temperature ?? UsualTemperature);

    internal float WeightOrUsual => (float)(Weight ?? UsualWeight);

    internal void Validate()
    {
        if (Teacher is null && (Temperature is not null || Weight is not null))
            throw new ArgumentException("a temperature and a weight of distillation need a teacher: name one, or leave them out");
        if (Weight > 1) throw new ArgumentOutOfRangeException(nameof(Weight), Weight, "the teacher's part of the loss is 1 at most");
    }
}
