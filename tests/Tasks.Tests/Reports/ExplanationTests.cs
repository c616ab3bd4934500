using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;
using Graft.Text;

namespace Graft.Tasks.Tests;

public sealed class ExplanationTests
{
    /// <summary>Behind a mean over the plane and a linear head the gradients are the head's weights, so that Grad-CAM is the class activation map (Zhou et al. 2016).</summary>
    [Fact]
    public void GradCam_of_a_linear_head_is_the_class_activation_map()
    {
        using var device = new CpuDevice(1);
        using var model = ModelRegistry.Create("cifar-resnet20", seed: 3);
        var pixels = new float[3 * 32 * 32];
        new RandomStream(1, "picture").FillNormal(pixels, 0, 1);
        using var image = Tensor.From<float>([1, 3, 32, 32], pixels, device);
        float[] before = [.. model.Parameters().Concat(model.Buffers()).SelectMany(static tensor => tensor.Value.ToArray())];
        var map = GradCam.Of(model, device, image, label: 4)!;
        Assert.Equal(before, model.Parameters().Concat(model.Buffers()).SelectMany(static tensor => tensor.Value.ToArray()));
        Assert.All(model.Descendants().OfType<BatchNorm2d>(), static norm => Assert.Equal(BatchNormPolicy.FollowFreezing, norm.Policy));

        using var pass = Pass.Infer(device);
        float[] features = model.ForwardTo(pass.Constant(image), model.Stages[^2].Name).Value.ToArray();
        float[] weights = model.Stages[^1].Modules.SelectMany(static module => module.Parameters()).First().Value.ToArray();
        int plane = map.Height * map.Width, channels = features.Length / plane;
        double[] sums =
        [
            .. Enumerable.Range(0, plane).Select(at =>
                Math.Max(0, Enumerable.Range(0, channels).Sum(channel => (double)weights[4 * channels + channel] * features[channel * plane + at]))),
        ];
        double largest = sums.Max();
        Assert.True(largest > 0);
        for (int at = 0; at < plane; at++) Assert.Equal(sums[at] / largest, map.Values[at], 1e-4);
        Assert.Equal(1, map.Values.Max());
        Assert.Throws<ArgumentOutOfRangeException>(() => GradCam.Of(model, device, image, label: 10));
    }

    [Fact]
    public void Rolled_out_attention_is_the_product_of_the_layers()
    {
        // two tokens; of layer 1 the first looks at the second alone, of layer 2 both look at both
        double[] rolled = AttentionRollout.Of([[0, 1, 0, 1], [0.5f, 0.5f, 0.5f, 0.5f]], 2);
        // the last layer gives (0.75, 0.25); below it the first token is half itself and half the second
        Assert.Equal([0.375, 0.625], rolled);
        Assert.Equal([1.0], AttentionRollout.Of([[1]], 1));
    }

    [Fact]
    public void A_map_is_read_between_its_places()
    {
        var map = new ActivationMap(1, 2, [0, 1]);
        Assert.Equal((0.0, 0.5, 1.0), (map.At(0.5, 0.25), map.At(0.5, 0.5), map.At(0.5, 0.9)));
    }

    [Fact]
    public void A_thumbnail_is_a_small_jpeg_and_pieces_make_the_text_again()
    {
        byte[] thumbnail = PictureThumbnails.Of(new RgbImage(300, 200), new ActivationMap(1, 1, [1]));
        Assert.Equal(new ImageSize(107, 160), RgbImage.Decode(thumbnail).Size);
        using var folder = new TemporaryFolder();
        var tokeniser = Tokeniser.Open(TinyEncoder.Write(folder["tiny"], withWeights: false));
        var text = new TextExample("The film, <awful> zzz", "good book");
        var tokens = tokeniser.Encode(text.Text, text.Pair, new TokeniseOptions { MaximumLength = 32 });
        var pieces = TextPieces.Of(text, tokens, [.. Enumerable.Range(0, tokens.Length).Select(static token => token / 100.0)]);
        Assert.Equal("The film, <awful> zzz / good book", string.Concat(pieces.Select(static piece => piece.Text)));
        Assert.Equal(1, pieces[^1].Weight);
        Assert.All(TextPieces.Of(text, tokens, null), static piece => Assert.Equal(0, piece.Weight));
    }
}
