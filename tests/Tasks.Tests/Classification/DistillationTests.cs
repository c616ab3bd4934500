using Graft.Onnx;
using Graft.Tensors;
using Graft.Transfer;

namespace Graft.Tasks.Tests;

public sealed class DistillationTests : IDisposable
{
    private static readonly string[] Colours = ["blue", "green", "red"];

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    /// <summary>The labels are wrong on purpose: whoever learns from the teacher alone answers as it does.</summary>
    [Fact]
    public void A_student_learns_what_its_teacher_knows_whatever_the_labels_say()
    {
        string teacher = Teacher();
        string wrong = folder["wrong/x"][..^2];
        for (int label = 0; label < Colours.Length; label++)
            for (int i = 0; i < 12; i++) folder.Write($"wrong/{Colours[(label + i) % 3]}/{label}-{i:d3}.ppm", Pictures.Ppm(label, i));
        using var student = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        student.FineTune(wrong, Options(12) with { Distillation = new DistillationOptions { Teacher = teacher, Weight = 1, Temperature = 2 } });
        double accuracy = student.Evaluate(folder["train/x"][..^2]).Accuracy;
        Assert.True(accuracy > 0.8, $"{accuracy}");
    }

    [Fact]
    public void An_ONNX_graph_teaches_as_its_network_does_and_other_numbers_of_pixels_are_translated()
    {
        string teacher = Teacher(), graph = folder["teacher.onnx"], train = folder["train/x"][..^2];
        using (var network = ImageClassifier.Load(teacher, device))
            OnnxExport.Write(network.Model, [1, 3, 32, 32], graph, new OnnxExportOptions { Preprocessing = network.Preprocessing, Labels = network.Labels });
        float[] byFolder = Taught(train, teacher), byGraph = Taught(train, graph);
        for (int i = 0; i < byFolder.Length; i++) Assert.Equal(byFolder[i], byGraph[i], 2e-3 * (1 + Math.Abs(byFolder[i])));
        Assert.NotEqual(byFolder, Taught(train, null));
        float[] translated = Taught(train, teacher, ImagePreprocessing.Cifar with { Mean = new(0.5f, 0.5f, 0.5f), StandardDeviation = new(0.5f, 0.5f, 0.5f) });
        Assert.NotEqual(byFolder, translated);
    }

    /// <summary>Maps become the teacher's, as far as a projection learns that: the further the more it counts.</summary>
    [Fact]
    public void Feature_maps_become_the_teachers()
    {
        string teacher = Teacher(), train = folder["train/x"][..^2];
        var plain = Student(null);
        var matched = Student(1);
        Assert.NotEqual(plain, matched);
        Assert.Equal(matched, Student(1));
        Assert.NotEqual(matched, Student(1, "layer1"));
        // a teacher's part of the loss and rates of stages stay what they are: a match that counts for next to nothing is next to none
        float[] faint = Student(1e-7);
        for (int i = 0; i < plain.Length; i++) Assert.Equal(plain[i], faint[i], 1e-3 * (1 + Math.Abs(plain[i])));

        string Refusal(ImageFineTuneOptions options)
        {
            using var student = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
            return Assert.Throws<ArgumentException>(() => student.FineTune(train, options)).Message;
        }

        var asked = Options(1) with { Distillation = new DistillationOptions { Teacher = teacher }, FeatureDistillation = 1 };
        Assert.Contains("has no stage 'layer9'", Refusal(asked with { FeatureStage = "layer9" }), StringComparison.Ordinal);
        Assert.Contains("has no stage 'head' below its head", Refusal(asked with { TeacherStage = "head" }), StringComparison.Ordinal);
        Assert.Contains("need a teacher", Refusal(asked with { Distillation = new DistillationOptions() }), StringComparison.Ordinal);
        Assert.Contains("ask for one of both", Refusal(asked with { FeaturePenalty = 1 }), StringComparison.Ordinal);
        Assert.Contains("go with how strongly", Refusal(asked with { FeatureDistillation = null, FeatureStage = "layer1" }), StringComparison.Ordinal);

        float[] Student(double? strength, string? stage = null)
        {
            using var student = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
            student.FineTune(train, Options(1) with
            {
                Augmentation = TrainingAugmentation.None,
                Distillation = new DistillationOptions { Teacher = teacher },
                FeatureDistillation = strength,
                FeatureStage = stage,
            });
            return [.. student.Model.Parameters().SelectMany(static tensor => tensor.Value.ToArray())];
        }
    }

    [Fact]
    public void Other_classes_and_a_temperature_without_a_teacher_are_refused()
    {
        string teacher = Teacher(), other = Pictures.Folder(folder, "other", 4, "blue", "yellow");
        using var student = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        var error = Assert.Throws<ArgumentException>(() => student.FineTune(other, Options(1) with { Distillation = new DistillationOptions { Teacher = teacher } }));
        Assert.Contains("it does not know the class 'yellow'", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => student.FineTune(other, Options(1) with { Distillation = new DistillationOptions { Temperature = 2 } }));
        Assert.Throws<ArgumentOutOfRangeException>(() => student.FineTune(other, Options(1) with { Distillation = new DistillationOptions { Teacher = teacher, Weight = 2 } }));
    }

    private static ImageFineTuneOptions Options(int epochs) => new()
    {
        BatchSize = 6,
        Recipe = new FineTuneOptions { Epochs = epochs, LearningRate = 0.05, Seed = 1, BatchNorm = BatchNormPolicy.FollowFreezing },
    };

    private string Teacher()
    {
        string train = Pictures.Folder(folder, "train", 12, Colours), saved = folder["teacher/x"][..^2];
        using var classifier = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        classifier.FineTune(train, Options(5));
        Assert.True(classifier.Evaluate(train).Accuracy > 0.9);
        classifier.Save(saved);
        return saved;
    }

    private float[] Taught(string train, string? teacher, ImagePreprocessing? preprocessing = null)
    {
        using var student = ImageClassifier.FromPretrained(Pictures.Model, Pictures.Weights(folder), device);
        if (preprocessing is not null) student.Preprocessing = preprocessing;
        student.FineTune(train, Options(1) with { Augmentation = TrainingAugmentation.None, Distillation = new DistillationOptions { Teacher = teacher } });
        return [.. student.Model.Parameters().SelectMany(static tensor => tensor.Value.ToArray())];
    }
}
