using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Threads that infer with a model while another trains it, loads it or has it moved: every answer is of the weights between
/// two changes, and the model is left right.</summary>
public sealed class SideBySideTests : IDisposable
{
    private const int Steps = 12;

    private readonly CpuDevice device = new(2);
    private readonly Tensor<float> images;

    public SideBySideTests()
    {
        var pixels = new float[2 * 3 * 32 * 32];
        new RandomStream(5, "pixels").FillNormal(pixels, 0f, 1f);
        images = Tensor.From<float>([2, 3, 32, 32], pixels, device);
    }

    public static TheoryData<string> Readers => ["eager", "captured"];

    public void Dispose() => device.Dispose();

    /// <summary>Batch norms learn too: a forward that saw their statistics after a step and weights of before it would be found.</summary>
    [Theory]
    [MemberData(nameof(Readers))]
    public void Every_answer_beside_training_is_of_the_weights_between_two_steps(string reader)
    {
        var alone = ModelRegistry.Create("cifar-resnet20", seed: 1);
        var between = new HashSet<string> { Print(Infer(alone)) };
        Train(alone, afterStep: () => between.Add(Print(Infer(alone))));
        Assert.Equal(Steps + 1, between.Count);

        var model = ModelRegistry.Create("cifar-resnet20", seed: 1);
        using var captured = reader == "captured" ? model.Capture(device, images.Shape) : null;
        var answers = Beside(() => Train(model), () => captured is null ? Infer(model) : Run(captured));
        Assert.Subset(between, answers);
        Assert.Equal(Print(Infer(alone)), Print(Infer(model)));
    }

    [Fact]
    public void Loading_beside_inference_is_seen_whole_or_not_at_all()
    {
        string folder = Directory.CreateTempSubdirectory("graft-tests-").FullName;
        ImageModel first = ModelRegistry.Create("cifar-resnet20", seed: 1), second = ModelRegistry.Create("cifar-resnet20", seed: 2);
        string[] files = [Path.Combine(folder, "first.safetensors"), Path.Combine(folder, "second.safetensors")];
        first.Save(files[0]);
        second.Save(files[1]);
        var model = ModelRegistry.Create("cifar-resnet20", seed: 1);
        var answers = Beside(
            () =>
            {
                for (int i = 1; i <= 20; i++)
                {
                    using var checkpoint = Checkpoint.Open(files[i % 2]);
                    model.Load(checkpoint);
                }
            },
            () => Infer(model));
        Directory.Delete(folder, recursive: true);
        Assert.Subset(new HashSet<string> { Print(Infer(first)), Print(Infer(second)) }, answers);
        Assert.Equal(Print(Infer(first)), Print(Infer(model)));
    }

    [Fact]
    public void A_change_of_weights_is_seen_whole_or_not_at_all()
    {
        var model = new LinearModel();
        var parameters = model.Parameters().ToList();
        using var ones = Tensor.From<float>([1, 2], [1f, 1f], device);
        var answers = Beside(
            () =>
            {
                for (int i = 1; i <= 200; i++)
                {
                    float value = i;
                    model.ChangeWeights(() =>
                    {
                        foreach (var parameter in parameters) parameter.Value.CopyFrom([.. Enumerable.Repeat(value, (int)parameter.Shape.ElementCount)]);
                    });
                }
            },
            () =>
            {
                using var pass = Pass.Infer(device);
                return model.Forward(pass.Constant(ones)).Value.ToArray();
            },
            from: () => model.ChangeWeights(() =>
            {
                foreach (var parameter in parameters) parameter.Value.CopyFrom(new float[parameter.Shape.ElementCount]);
            }));
        Assert.Subset(Enumerable.Range(0, 201).Select(i => Print([3f * i, 3f * i])).ToHashSet(), answers);
    }

    [Fact]
    public void Two_devices_at_once_take_the_weights_from_each_other_and_both_are_right()
    {
        using var other = new CpuDevice(1);
        using var there = Tensor.From<float>(images.Shape, images.ToArray(), other);
        var model = ModelRegistry.Create("cifar-resnet20", seed: 1);
        string expected = Print(Infer(model));
        var answers = Beside(
            () =>
            {
                for (int i = 0; i < 20; i++)
                {
                    using var pass = Pass.Infer(other);
                    Assert.Equal(expected, Print(model.Forward(pass.Constant(there)).Value.ToArray()));
                }
            },
            () => Infer(model));
        Assert.Equal([expected], answers);
    }

    [Fact]
    public void A_second_fine_tuning_of_a_model_is_refused()
    {
        var model = new SmallModel();
        var options = new FineTuneOptions { Epochs = 1 };
        InvalidOperationException? refusal = null;
        var data = new Noise(model, device)
        {
            Before = _ => refusal ??= Assert.Throws<InvalidOperationException>(
                () => new FineTuner(model, device, options).FineTune(new Noise(model, device))),
        };
        new FineTuner(model, device, options).FineTune(data);
        Assert.Contains("small is being fine-tuned already", refusal!.Message, StringComparison.Ordinal);
        new FineTuner(model, device, options).FineTune(new Noise(model, device));
    }

    [Fact]
    public void A_backward_is_refused_where_its_weights_have_changed_since_the_forward()
    {
        var model = new SmallModel();
        var groups = new ParameterGroups(model);
        groups.Rates(0.1);
        using var optimiser = Optimiser.Sgd(groups);
        using var small = Tensor.From<float>([2, 3, 4, 4], images.ToArray().AsSpan(0, 96), device);
        using Pass first = Pass.Train(device), second = Pass.Train(device);
        var loss = model.Forward(first.Constant(small)).CrossEntropy([0, 1]);
        optimiser.Step(second.Backward(model.Forward(second.Constant(small)).CrossEntropy([0, 1])));
        var refusal = Assert.Throws<InvalidOperationException>(() => first.Backward(loss));
        Assert.Contains("has been overwritten since the forward", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_optimiser_without_rates_is_refused_and_moves_nothing()
    {
        var model = new SmallModel();
        using var optimiser = Optimiser.AdamW(new ParameterGroups(model));
        using var small = Tensor.From<float>([2, 3, 4, 4], images.ToArray().AsSpan(0, 96), device);
        using var pass = Pass.Train(device);
        float[] before = model.Parameters().First().Value.ToArray();
        var gradients = pass.Backward(model.Forward(pass.Constant(small)).CrossEntropy([0, 1]));
        var refusal = Assert.Throws<InvalidOperationException>(() => optimiser.Step(gradients));
        Assert.Contains("'stem' has gradients and no learning rate", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, model.Parameters().First().Value.ToArray());
    }

    private void Train(ImageModel model, Action? afterStep = null)
    {
        var groups = new ParameterGroups(model);
        groups.Rates(0.05, 2);
        using var optimiser = Optimiser.AdamW(groups);
        for (int step = 0; step < Steps; step++)
        {
            using (var pass = Pass.Train(device, (ulong)step))
                optimiser.Step(pass.Backward(model.Forward(pass.Constant(images)).CrossEntropy([1, 2])));
            afterStep?.Invoke();
        }
    }

    private float[] Infer(ImageModel model)
    {
        using var pass = Pass.Infer(device);
        return model.Forward(pass.Constant(images)).Value.ToArray();
    }

    private float[] Run(Captured captured)
    {
        var logits = new float[captured.OutputShape.ElementCount];
        captured.Run(images, logits);
        return logits;
    }

    /// <summary>What three threads compute, over and over, until the work is done; at least once before it begins.</summary>
    private static HashSet<string> Beside(Action work, Func<float[]> answer, Action? from = null)
    {
        from?.Invoke();
        var answers = new HashSet<string> { Print(answer()) };
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
            () =>
            {
                var mine = new HashSet<string>();
                while (!stop.IsCancellationRequested) mine.Add(Print(answer()));
                return mine;
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        try
        {
            work();
        }
        finally
        {
            stop.Cancel();
            Task.WaitAll(readers);
        }
        foreach (var reader in readers) answers.UnionWith(reader.Result);
        return answers;
    }

    private static string Print(float[] numbers) => Convert.ToHexString(System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers.AsSpan()));
}
