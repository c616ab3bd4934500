using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Onnx.Tests;

/// <summary>The published ResNet-18, from its ONNX file to a fine-tuned model of ours.</summary>
public sealed class PublishedImageModelTests
{
    [Fact]
    public void Features_are_those_of_ONNX_Runtime()
    {
        using var model = Open(classes: null);
        using var reference = Checkpoint.Open(RealData.Require("published/resnet18/reference.safetensors"));
        float[] pixels = reference["input.pixels"].ToSingleArray(), wanted = reference["output.features"].ToSingleArray();
        float[] planar = Planar(pixels, 8);

        using var pass = Pass.Infer(Device.Cpu);
        var features = model.Features(pass.Constant(pass.Upload<float>([8, 3, 224, 224], planar)));

        Assert.Equal([8, 512], features.Shape.ToArray());
        Compare.Close(wanted, features.Value.ToArray(), 1e-4);
        Assert.Equal(new ImageSize(224, 224), model.InputSize);
        Assert.False(model.HasOwnHead);
        Assert.Equal(["preprocess", "stem", "stage1", "stage2", "stage3", "stage4", "head"], model.Stages.Select(stage => stage.Name));
    }

    [Fact]
    public void A_captured_run_gives_the_same()
    {
        using var model = Open(classes: 2);
        using var captured = model.Capture(Device.Cpu, [1, 3, 224, 224]);
        float[] image = [.. Enumerable.Range(0, 3 * 224 * 224).Select(at => at * 37 % 256)];
        var logits = new float[2];
        captured.Run(image, logits);

        using var pass = Pass.Infer(Device.Cpu);
        var eager = model.Forward(pass.Constant(pass.Upload<float>([1, 3, 224, 224], image)));
        Assert.Equal(eager.Value.ToArray(), logits);
    }

    [Fact]
    public void It_is_saved_and_read_again_to_the_bit()
    {
        using var folder = new TestFolder();
        using var model = Open(classes: 2);
        model.SaveStructure(folder.At("model.onnx"));
        model.Save(folder.At("model.safetensors"));
        Assert.True(new FileInfo(folder.At("model.onnx")).Length < 100_000);

        using var again = OnnxImageModel.FromStructure(folder.At("model.onnx"), 2);
        using (var checkpoint = Checkpoint.Open(folder.At("model.safetensors"))) again.Load(checkpoint);
        Assert.Equal(model.Stages.Select(stage => stage.Name), again.Stages.Select(stage => stage.Name));
        Assert.Equal(Logits(model), Logits(again));
    }

    [Fact]
    public void It_learns_and_its_running_statistics_move()
    {
        using var model = Open(classes: 2);
        var statistics = model.Buffers().First(buffer => buffer.Name.EndsWith("running_mean", StringComparison.Ordinal));
        float[] before = statistics.Value.ToArray();
        float[] images = [.. Enumerable.Range(0, 2 * 3 * 224 * 224).Select(at => at * 37 % 251)];
        int[] labels = [0, 1];
        float first = 0, last = 0;
        for (int step = 0; step < 4; step++)
        {
            using var pass = Pass.Train(Device.Cpu, seed: (ulong)step);
            var loss = model.Forward(pass.Constant(pass.Upload<float>([2, 3, 224, 224], images))).CrossEntropy(labels);
            var gradients = pass.Backward(loss);
            last = loss.Value.ToArray()[0];
            if (step == 0) first = last;
            foreach (var parameter in model.Parameters())
            {
                float[] gradient = gradients.Of(parameter)!.ToArray(), values = parameter.Value.ToArray();
                model.ChangeWeights(() => parameter.Fill(target =>
                {
                    for (int i = 0; i < target.Length; i++) target[i] = values[i] - 0.01f * gradient[i];
                }));
            }
        }
        Assert.True(last < first, $"{first} to {last}");
        Assert.NotEqual(before, statistics.Value.ToArray());
    }

    private static OnnxImageModel Open(int? classes) => OnnxImageModel.Open(
        RealData.RequirePublished("resnet18/model.onnx"), new OnnxImageOptions { Preprocess = RealData.RequirePublished("resnet18/preprocess.onnx"), Classes = classes });

    private static float[] Logits(OnnxImageModel model)
    {
        float[] image = [.. Enumerable.Range(0, 3 * 224 * 224).Select(at => at * 37 % 256)];
        using var pass = Pass.Infer(Device.Cpu);
        return model.Forward(pass.Constant(pass.Upload<float>([1, 3, 224, 224], image))).Value.ToArray();
    }

    private static float[] Planar(float[] pixels, int count)
    {
        var planar = new float[pixels.Length];
        int plane = pixels.Length / count / 3;
        for (int image = 0; image < count; image++)
            for (int at = 0; at < plane; at++)
                for (int channel = 0; channel < 3; channel++) planar[(image * 3 + channel) * plane + at] = pixels[(image * plane + at) * 3 + channel];
        return planar;
    }
}
