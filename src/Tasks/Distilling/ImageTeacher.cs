using Graft.Autograd;

namespace Graft.Tasks;

/// <summary>A network that answers the pictures a student learns from, as the student sees them.</summary>
internal sealed class ImageTeacher : IDisposable
{
    private readonly ImageModel model;
    private readonly TeacherLabels labels;
    private readonly float[]? factors, offsets;

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

    /// <summary>The loss with the teacher's part.</summary>
    /// <param name="hard">That of the labels.</param>
    /// <param name="student">The student's answers.</param>
    /// <param name="pictures">What it answered to.</param>
    public Variable Of(Variable hard, Variable student, ImageBatch pictures)
    {
        float[] answers;
        using (var pass = Pass.Infer(hard.Pass.Device))
        {
            var x = pictures.On(pass);
            if (factors is not null)
            {
                x = x * pass.Constant(pass.Upload<float>([1, RgbImage.Channels, 1, 1], factors)) + pass.Constant(pass.Upload<float>([1, RgbImage.Channels, 1, 1], offsets));
            }
            answers = model.Forward(x).Value.ToArray();
        }
        return labels.Of(hard, student, answers);
    }

    public void Dispose() => model.Dispose();

    private static bool SameValues(ImagePreprocessing one, ImagePreprocessing other) =>
        one.RescaleFactor == other.RescaleFactor && one.Mean == other.Mean && one.StandardDeviation == other.StandardDeviation;
}
