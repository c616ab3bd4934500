using Graft.Autograd;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks;

/// <summary>A network that answers the pictures a student learns from, as the student sees them.</summary>
internal sealed class ImageTeacher : IDisposable
{
    private readonly ImageModel model;
    private readonly TeacherLabels labels;
    private readonly float[]? factors, offsets;
    private FeatureDistillation? matching;
    private float strength;
    private (string Map, string Head) own;

    /// <exception cref="ArgumentException">There is no such model, or its classes are others.</exception>
    /// <exception cref="CheckpointException">It cannot be read.</exception>
    public ImageTeacher(DistillationOptions options, ImagePreprocessing student, IReadOnlyList<string> classes)
    {
        var state = ImageModelSource.Open(options.Teacher!).State;
        state.RequireTrainedHead();
        model = state.Model;
        try
        {
            labels = new TeacherLabels(options.Teacher!, state.Labels, classes, options);
        }
        catch
        {
            model.Dispose();
            throw;
        }
        if (SameValues(student, state.Inputs)) return;
        // from the student's numbers back to a pixel's, and on to the teacher's
        double scale = state.Inputs.RescaleFactor / student.RescaleFactor;
        (factors, offsets) = (new float[RgbImage.Channels], new float[RgbImage.Channels]);
        for (int i = 0; i < RgbImage.Channels; i++)
        {
            factors[i] = (float)(student.StandardDeviation[i] * scale / state.Inputs.StandardDeviation[i]);
            offsets[i] = (float)((student.Mean[i] * scale - state.Inputs.Mean[i]) / state.Inputs.StandardDeviation[i]);
        }
    }

    /// <summary>The student's stage whose maps are to be the teacher's, and its head; null where none are.</summary>
    public (string Map, string Head)? Stages { get; private set; }

    /// <summary>Has maps of the student become those of the teacher.</summary>
    /// <param name="student">The student.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="size">The size of its pictures; null where any will do.</param>
    /// <param name="alpha">How strongly.</param>
    /// <param name="stage">The student's stage; null for the last below its head.</param>
    /// <param name="teacherStage">The teacher's; null for the last below its head.</param>
    /// <returns>What learns with the student: the projection between the two.</returns>
    /// <exception cref="ArgumentException">There is no such stage, or it gives no feature maps.</exception>
    public ParameterGroup Match(ImageModel student, Device device, ImageSize? size, double alpha, string? stage, string? teacherStage)
    {
        if (student.HasAuxiliaryHeads) throw new ArgumentException($"{student.Name} has auxiliary heads, with which feature maps do not become a teacher's: leave that out");
        var (its, head) = (StageOf(student, stage), student.Stages[^1].Name);
        own = (StageOf(model, teacherStage), model.Stages[^1].Name);
        var probed = size ?? new ImageSize(64, 64);
        strength = (float)alpha;
        using (var pass = Pass.Infer(device))
        {
            var pictures = pass.Rent([1, RgbImage.Channels, probed.Height, probed.Width]);
            device.Fill(pictures, 0f);
            matching = new FeatureDistillation(ChannelsOf(student, its), ChannelsOf(model, own.Map));

            int ChannelsOf(ImageModel one, string name)
            {
                var shape = one.ForwardTo(pass.Constant(pictures), name).Shape;
                return shape.Rank == 4 ? shape[1]
                    : throw new ArgumentException($"the stage '{name}' of {one.Name} gives {shape} and no feature maps: name another");
            }
        }
        Stages = (its, head);
        return new ParameterGroup("projection", matching);

        static string StageOf(ImageModel one, string? name)
        {
            string[] trunk = [.. one.Stages.SkipLast(1).Select(static known => known.Name)];
            if (trunk.Length == 0) throw new ArgumentException($"{one.Name} has no stage below its head whose feature maps could be another's");
            return name is null ? trunk[^1] : trunk.Contains(name) ? name
                : throw new ArgumentException($"{one.Name} has no stage '{Printable.Text(name)}' below its head{NearName.Hint(name, trunk)}; it has {string.Join(", ", trunk)}");
        }
    }

    /// <summary>The loss with the teacher's part.</summary>
    /// <param name="hard">That of the labels.</param>
    /// <param name="student">The student's answers.</param>
    /// <param name="pictures">What it answered to.</param>
    /// <param name="map">The student's feature maps; null where the teacher's are not wanted.</param>
    public Variable Of(Variable hard, Variable student, ImageBatch pictures, Variable? map = null)
    {
        float[] answers;
        Variable? target = null;
        using (var pass = Pass.Infer(hard.Pass.Device))
        {
            var x = pictures.On(pass);
            if (factors is not null)
            {
                x = x * pass.Constant(pass.Upload<float>([1, RgbImage.Channels, 1, 1], factors)) + pass.Constant(pass.Upload<float>([1, RgbImage.Channels, 1, 1], offsets));
            }
            if (map is null)
            {
                answers = model.Forward(x).Value.ToArray();
            }
            else
            {
                var maps = model.FeatureMaps(x, own.Map, own.Head);
                answers = maps[own.Head].Value.ToArray();
                // the values outlive their pass as a part of the student's
                var kept = map.Pass.RentLike(maps[own.Map].Value);
                map.Pass.Device.Copy(maps[own.Map].Value, kept);
                target = map.Pass.Constant(kept);
            }
        }
        var loss = labels.Of(hard, student, answers);
        return target is null ? loss : loss + matching!.Loss(map!, target) * strength;
    }

    public void Dispose() => model.Dispose();

    private static bool SameValues(ImagePreprocessing one, ImagePreprocessing other) =>
        one.RescaleFactor == other.RescaleFactor && one.Mean == other.Mean && one.StandardDeviation == other.StandardDeviation;
}
