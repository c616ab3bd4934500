using Graft.Autograd;
using Graft.Models;
using Graft.Tensors;

namespace Graft.Transfer.Tests;

/// <summary>Numbers of Golden/views.py.</summary>
public sealed class AutoencoderTests : IDisposable
{
    private readonly CpuDevice device = new(2);

    public void Dispose() => device.Dispose();

    [Fact]
    public void Distributions_are_as_far_from_the_standard_one_as_in_PyTorch()
    {
        using var pass = Pass.Train(device);
        Variable mean = pass.Leaf(pass.Upload<float>([3, 4], [.. Enumerable.Range(0, 12).Select(static i => (float)Math.Sin(i))]));
        Variable spread = pass.Leaf(pass.Upload<float>([3, 4], [.. Enumerable.Range(0, 12).Select(static i => (float)(Math.Cos(i * 0.9) * 0.5))]));
        var divergence = VariationalAutoencoder.Divergence(mean, spread);
        Assert.Equal(1.138238898091829, divergence.Value.ToArray()[0], 1e-5);
        using var gradients = pass.Backward(divergence);
        AssertAll([0f, 0.280490328f, 0.303099142f, 0.0470400027f, -0.252267498f, -0.319641425f, -0.0931384994f, 0.218995533f, 0.329786082f, 0.137372828f, -0.18134037f, -0.333330069f], gradients.Of(mean)!.ToArray());
        AssertAll([0.108120212f, 0.0607538486f, -0.0178976674f, -0.060611464f, -0.0602229247f, -0.0166722742f, 0.0622463858f, 0.10810079f, 0.05925119f, -0.0191083105f, -0.0609850795f, -0.0598194178f], gradients.Of(spread)!.ToArray());
    }

    [Fact]
    public void Patches_are_cut_and_normalised_as_in_PyTorch()
    {
        using var model = new TokenModel(new ImageSize(4, 4));
        var method = new MaskedAutoencoder(model, new ImageSize(4, 4), width: 32);
        using var pass = Pass.Infer(device);
        var picture = pass.Constant(pass.Upload<float>([1, 3, 4, 4], [.. Enumerable.Range(0, 48).Select(static i => (float)Math.Sin(i * 1.7))]));
        var patches = method.PatchesOf(picture);
        Assert.Equal([4, 12], patches.Shape);
        AssertAll([0.00046547563f, 1.19306205f, -1.13564507f, 1.34550391f, -0.793860107f, -0.587869732f, 0.670653062f, 0.718083503f, -1.35335095f, 1.08348853f, -1.23335529f, 0.0928246153f, -0.350444589f, -0.991573878f, 1.28342465f, -1.25931547f, 1.04467091f, 0.252495238f, -0.952947608f, -0.403504373f, 1.32571143f, -0.842113906f, 1.33250594f, -0.438908353f, 1.17426648f, 0.0669921916f, -1.20283158f, 0.54867476f, -1.33562683f, 0.758945649f, 1.3645208f, -0.608110818f, -0.749958406f, -0.135030359f, -1.10054967f, 1.21870778f, -1.31309654f, 0.278816144f, 1.00846751f, -0.214672756f, 1.25831577f, -1.02306298f, -1.32715942f, 0.892985348f, 0.437450626f, 0.472259009f, 0.865110542f, -1.33541325f], MaskedAutoencoder.Normalised(patches).Value.ToArray());
    }

    [Fact]
    public void A_masked_autoencoder_sees_a_quarter_of_the_patches_and_the_trunk_learns_by_them_alone()
    {
        var size = new ImageSize(8, 8);
        using var model = new TokenModel(size);
        var method = new MaskedAutoencoder(model, size, width: 32, depth: 1);
        using var pass = Pass.Train(device, seed: 6);
        var numbers = new float[2 * 3 * 64];
        new RandomStream(3, "pictures").FillNormal(numbers, 0, 1);
        var pictures = pass.Leaf(pass.Upload<float>([2, 3, 8, 8], numbers));
        var loss = method.Loss(model, pictures);
        Assert.True(float.IsFinite(loss.Value.ToArray()[0]));
        using var gradients = pass.Backward(loss);
        float[] slopes = gradients.Of(pictures)!.ToArray();
        for (int picture = 0; picture < 2; picture++)
        {
            int[] seen = [.. Enumerable.Range(0, 16).Where(patch => Enumerable.Range(0, 12).Any(at => slopes[Place(picture, patch, at)] != 0))];
            Assert.Equal(4, seen.Length);
            foreach (int patch in seen) Assert.True(Enumerable.Range(0, 12).Count(at => slopes[Place(picture, patch, at)] != 0) > 6);
        }
        var frozen = model.Stages[^1].Modules[0].Parameters().ToHashSet();
        foreach (var parameter in model.Parameters().Where(parameter => parameter.Name is not "norm.weight" and not "norm.bias"))
            Assert.Equal(!frozen.Contains(parameter), gradients.Of(parameter) is not null);
        foreach (var parameter in method.Parameters()) Assert.NotNull(gradients.Of(parameter));

        static int Place(int picture, int patch, int at) => ((picture * 3 + at / 4) * 8 + patch / 4 * 2 + at / 2 % 2) * 8 + patch % 4 * 2 + at % 2;
    }

    [Fact]
    public void Patches_are_left_out_by_chance()
    {
        int[][] orders = MaskedAutoencoder.Orders(new RandomStream(1, "order"), 500, 16);
        Assert.All(orders, static order => Assert.Equal(Enumerable.Range(0, 16), order.Order()));
        int[] first = [.. Enumerable.Range(0, 16).Select(patch => orders.Count(order => order.AsSpan(0, 4).Contains(patch)))];
        Assert.All(first, static count => Assert.InRange(count, 85, 165));
    }

    [Fact]
    public void A_masked_autoencoder_is_for_trunks_that_make_tokens()
    {
        using var convolution = new SmallModel();
        Assert.Contains("denoising-autoencoder", Assert.Throws<ArgumentException>(() => new MaskedAutoencoder(convolution, new ImageSize(4, 4))).Message, StringComparison.Ordinal);
        using var tokens = new TokenModel(new ImageSize(6, 4));
        Assert.NotNull(new MaskedAutoencoder(tokens, new ImageSize(6, 4)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MaskedAutoencoder(tokens, new ImageSize(6, 4), width: 40));
        Assert.Contains("set a size", Assert.Throws<ArgumentException>(() => PretrainingMethodKind.Autoencoder.Create(new PretrainingSetting(convolution, 4, null))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(7, 9)]
    [InlineData(32, 16)]
    public void Pictures_of_any_size_are_painted(int height, int width)
    {
        var decoder = new PictureDecoder(5, new ImageSize(height, width));
        using var pass = Pass.Train(device);
        var picture = decoder.Forward(pass.Constant(pass.Upload<float>([2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])));
        Assert.Equal([2, 3, height, width], picture.Shape);
        Assert.Equal(3 * height * width, decoder.Numbers);
    }

    [Fact]
    public void What_an_autoencoder_sees_has_noise_and_what_it_paints_has_none()
    {
        using var model = new SmallModel();
        float[] plain = Losses(0), noisy = Losses(0.5), again = Losses(0.5);
        Assert.Equal(plain[0], plain[1]);
        Assert.NotEqual(noisy[0], noisy[1]);
        Assert.Equal(noisy, again);

        float[] Losses(double noise)
        {
            var method = new Autoencoder(4, new ImageSize(4, 4)) { Noise = noise, Seed = 3 };
            return [.. new ulong[] { 1, 2 }.Select(seed =>
            {
                using var pass = Pass.Train(device, seed);
                float loss = method.Loss(model, pass.Constant(pass.Upload<float>([2, 3, 4, 4], [.. Enumerable.Range(0, 96).Select(static i => (float)Math.Sin(i))]))).Value.ToArray()[0];
                pass.DiscardDeferred();
                return loss;
            })];
        }
    }

    private static void AssertAll(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 2e-5);
    }

    /// <summary>A class token before tokens of patches of 2 x 2, a layer over each token and all of them, and a head on the class token.</summary>
    private sealed class TokenModel : ImageModel
    {
        private const int Width = 64;

        private readonly LayerNorm norm;

        public TokenModel(ImageSize size) : base("tokens")
        {
            AddStage("stem", new Stem(size));
            var mix = Add("mix", new Linear(Width, Width));
            norm = Add("norm", new LayerNorm(Width));
            AddStage("layer0", x =>
            {
                var rows = mix.Forward(x.Reshape([x.Shape[0] * x.Shape[1], Width]), Activation.Gelu).Reshape(x.Shape);
                return x + rows + rows.Mean([1], keepAxes: true);
            }, mix, norm);
            AddStage("head", Add("fc", new Linear(Width, 2)));
        }

        private sealed class Stem : Layer
        {
            private readonly ImageSize size;
            private readonly Conv2d patches;
            private readonly Parameter token;

            public Stem(ImageSize size)
            {
                this.size = size;
                patches = Add("patches", new Conv2d(3, Width, 2, stride: 2));
                token = AddParameter("class_token", [1, 1, Width], Initialiser.Normal(1));
            }

            protected override Variable Compute(Variable x)
            {
                Assert.Equal((size.Height, size.Width), (x.Shape[2], x.Shape[3]));
                var map = patches.Forward(x);
                int n = map.Shape[0], places = map.Shape[2] * map.Shape[3];
                return Variable.Concat([x.Pass.Of(token).Expand([n, 1, Width]), map.Permute(0, 2, 3, 1).Reshape([n, places, Width])], axis: 1);
            }
        }

        protected override Variable Pool(Variable map) => norm.Forward(map.Slice(1, 0, 1)).Reshape([map.Shape[0], Width]);
    }
}
