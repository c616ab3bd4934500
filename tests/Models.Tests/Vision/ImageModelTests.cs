using Graft.Autograd;
using Graft.Tensors;

namespace Graft.Models.Tests;

/// <summary>A model as a row of stages, of a user's making too.</summary>
public sealed class ImageModelTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void A_forward_in_two_parts_is_the_forward()
    {
        using var model = ModelRegistry.Create("cifar-resnet20", seed: 3);
        using var pass = Pass.Infer(device);
        var images = Images(pass);
        float[] whole = model.Forward(images).Value.ToArray();
        Assert.Equal(["stem", "layer1", "layer2", "layer3", "head"], model.Stages.Select(stage => stage.Name));
        foreach (string stage in (string[])["layer1", "layer2", "layer3"])
        {
            string before = model.Stages[model.Stages.ToList().FindIndex(known => known.Name == stage) - 1].Name;
            Assert.Equal(whole, model.ForwardFrom(model.ForwardTo(images, before), stage).Value.ToArray());
        }
        Assert.Equal(whole, model.ForwardFrom(model.Features(images), "head").Value.ToArray());
        Assert.Equal(whole, model.ForwardTo(images, "head").Value.ToArray());
        Assert.Equal(new Shape([2, 64]), model.Features(images).Shape);
    }

    [Fact]
    public void Feature_maps_are_the_outputs_of_their_stages()
    {
        using var model = ModelRegistry.Create("cifar-resnet20", seed: 3);
        using var pass = Pass.Train(device);
        var images = Images(pass);
        var maps = model.FeatureMaps(images, "layer1", "layer3", "stem");
        Assert.Equal(["layer1", "layer3", "stem"], maps.Keys.Order());
        Assert.Equal(new Shape([2, 16, 32, 32]), maps["stem"].Shape);
        Assert.Equal(new Shape([2, 64, 8, 8]), maps["layer3"].Shape);
        // a gradient goes through each of them
        var gradients = pass.Backward((maps["layer1"] * maps["layer1"]).Mean() + maps["layer3"].Mean());
        Assert.NotNull(gradients.Of(model.Parameters().First()));
        Assert.Null(gradients.Of(model.Parameters().Last()));
        using var other = Pass.Infer(device);
        var inferred = model.FeatureMaps(Images(other), "stem", "layer1");
        Assert.Equal(model.ForwardTo(Images(other), "stem").Value.ToArray(), inferred["stem"].Value.ToArray());
        Assert.Equal(model.ForwardTo(Images(other), "layer1").Value.ToArray(), inferred["layer1"].Value.ToArray());
    }

    [Fact]
    public void A_stage_that_is_not_there_is_named_with_those_that_are()
    {
        using var model = ModelRegistry.Create("cifar-resnet20");
        using var pass = Pass.Infer(device);
        var exception = Assert.Throws<ArgumentException>(() => model.ForwardTo(Images(pass), "layer5"));
        Assert.Contains("has no stage 'layer5' (nearest: layer1); from stem to head it has stem, layer1, layer2, layer3, head", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => model.FeatureMaps(Images(pass)));
    }

    [Fact]
    public void A_key_a_stage_and_a_place_are_taken_once()
    {
        var layer = new Linear(2, 2);
        _ = new Model(model => model.Put("fc", layer));
        Says("the module for 'again' is 'fc' of Model already", () => _ = new Model(model => model.Put("again", layer)));
        Says("the key 'fc' of Model is taken", () => _ = new Model(model => _ = (model.Put("fc", new Linear(2, 2)), model.Put("fc", new Linear(2, 2)))));
        Says("would be the model itself", () => _ = new Model(model => model.Put("self", model)));
        Says("has a stage 'head' already", () => _ = new Model(model => _ = (model.Stage("head", model.Put("a", new Linear(2, 2))), model.Stage("head", model.Put("b", new Linear(2, 2))))));
        Says("belongs to the stage 'body' already", () => _ = new Model(model => model.Stage("head", model.Stage("body", new Linear(2, 2)))));
        var exception = Assert.Throws<InvalidOperationException>(() => new Model(model => _ = (model.Put("lost", new Linear(2, 2)), model.Stage("head", new Linear(2, 2)))).Stages);
        Assert.Contains("'lost.weight' of own belongs to no stage", exception.Message, StringComparison.Ordinal);
        Assert.Contains("has no stages", Assert.Throws<InvalidOperationException>(() => new Model(_ => { }).Stages).Message, StringComparison.Ordinal);

        static void Says(string expected, Action action) => Assert.Contains(expected, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_linear_layer_keeps_its_weight_either_way_round()
    {
        var plain = new Model(model => model.Stage("head", new Linear(3, 2, hasBias: false)));
        var turned = new Model(model => model.Stage("head", new Linear(3, 2, hasBias: false, isTransposed: true)));
        plain.Parameters().Single().Value.CopyFrom([1f, 2f, 3f, 4f, 5f, 6f]);
        turned.Parameters().Single().Value.CopyFrom([1f, 4f, 2f, 5f, 3f, 6f]);
        using var pass = Pass.Train(device);
        using var numbers = Tensor.From<float>([2, 3], [1f, -1f, 0.5f, 2f, 0f, 1f], device);
        var (x, z) = (pass.Leaf(numbers), pass.Leaf(numbers));
        var (y, other) = (plain.Forward(x), turned.Forward(z));
        Assert.Equal(y.Value.ToArray(), other.Value.ToArray());
        var gradients = pass.Backward((y * y).Sum() + (other * other).Sum());
        Assert.Equal(gradients.Of(x)!.ToArray(), gradients.Of(z)!.ToArray());
        Assert.Equal(
            gradients.Of(plain.Parameters().Single())!.Permute(1, 0).ToArray(), gradients.Of(turned.Parameters().Single())!.ToArray());
    }

    [Fact]
    public void An_adapter_learns_beside_a_frozen_layer_and_goes_again()
    {
        var layer = new Linear(3, 2);
        using var model = new Model(model => model.Stage("head", layer));
        model.Freeze();
        using var numbers = Tensor.From<float>([1, 3], [1f, -1f, 0.5f], device);
        float[] before = Logits();
        layer.Attach("lora", new LowRank(3, 2));
        Assert.Equal(["head.weight", "head.bias", "head.lora.a", "head.lora.b"], model.Parameters().Select(parameter => parameter.Name));
        Assert.Equal(before, Logits());
        using (var pass = Pass.Train(device))
        {
            var gradients = pass.Backward(model.Forward(pass.Constant(numbers)).Sum());
            Assert.Null(gradients.Of(layer.Weight));
            Assert.NotNull(gradients.Of(model.Parameters().Last()));
        }
        Assert.Throws<InvalidOperationException>(() => layer.Attach("other", new LowRank(3, 2)));
        model.Parameters().Last().Value.CopyFrom([1f, 1f]);
        Assert.NotEqual(before, Logits());
        Assert.NotNull(layer.Detach());
        Assert.Equal(before, Logits());
        Assert.Equal(2, model.Parameters().Count());

        float[] Logits()
        {
            using var pass = Pass.Infer(device);
            return model.Forward(pass.Constant(numbers)).Value.ToArray();
        }
    }

    private static Variable Images(Pass pass)
    {
        var numbers = new float[2 * 3 * 32 * 32];
        new RandomStream(5, "images").FillNormal(numbers, 0f, 1f);
        return pass.Constant(pass.Upload<float>([2, 3, 32, 32], numbers));
    }

    private sealed class Model : ImageModel
    {
        public Model(Action<Model> build) : base("own") => build(this);

        public T Put<T>(string key, T child) where T : Module => Add(key, child);

        public Linear Stage(string name, Linear layer) => AddStage(name, layer);
    }

    private sealed class LowRank : Layer<Variable>
    {
        private readonly Parameter a;
        private readonly Parameter b;

        public LowRank(int inputs, int outputs)
        {
            a = AddParameter("a", [1, inputs], Initialiser.Ones);
            b = AddParameter("b", [1, outputs], Initialiser.Zeros);
        }

        protected override Variable Compute(Variable x, Variable input) => x + (input * input.Pass.Of(a)).Mean(-1) * input.Pass.Of(b);
    }
}
