using Graft.Autograd;
using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>Heads put together by hand from the weights' keys, on the states of the bare encoder.</summary>
public sealed class EncoderHeadTests : IDisposable
{
    private static readonly int[][] Texts = [[2, 7, 19, 4, 3], [2, 11, 3], [2, 5, 5, 29, 8, 13, 3], [2, 40, 41, 3]];

    private readonly TemporaryFolder folder = new();
    private readonly CpuDevice device = new(2);

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("bert-model", "bert", "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.bias", false)]
    [InlineData("distilbert-seqcls", "distilbert", "vocab_transform", "vocab_layer_norm", "vocab_projector.bias", false)]
    [InlineData("roberta-seqcls", "roberta", "lm_head.dense", "lm_head.layer_norm", "lm_head.bias", false)]
    [InlineData("albert-seqcls", "albert", "predictions.dense", "predictions.LayerNorm", "predictions.bias", true)]
    [InlineData("electra-seqcls", "electra", "generator_predictions.dense", "generator_predictions.LayerNorm", "generator_lm_head.bias", false)]
    [InlineData("mpnet-model", "mpnet", "lm_head.dense", "lm_head.layer_norm", "lm_head.bias", false)]
    public void Words_are_told_by_a_layer_a_norm_and_their_own_embeddings(string golden, string trunk, string dense, string norm, string bias, bool isTanh)
    {
        using var model = Drawn(golden, TextHead.MaskedLanguageModel);
        Assert.DoesNotContain(model.Parameters(), parameter => parameter.Name.Contains("decoder", StringComparison.Ordinal) || parameter.Name == "vocab_projector.weight");
        Compare(golden, model, (states, of) =>
        {
            var hidden = states.Linear(of($"{dense}.weight"), of($"{dense}.bias"));
            return (isTanh ? hidden.GeluTanh() : hidden.Gelu()).LayerNorm(of($"{norm}.weight"), of($"{norm}.bias"), 1e-12f)
                .Linear(of($"{trunk}.embeddings.word_embeddings.weight"), of(bias));
        });
    }

    [Theory]
    [InlineData("bert-model", "bert.pooler.dense", "classifier", "tanh", TextHead.SequenceClassification)]
    [InlineData("distilbert-seqcls", "pre_classifier", "classifier", "relu", TextHead.SequenceClassification)]
    [InlineData("roberta-seqcls", "classifier.dense", "classifier.out_proj", "tanh", TextHead.SequenceClassification)]
    [InlineData("albert-seqcls", "albert.pooler", "classifier", "tanh", TextHead.SequenceClassification)]
    [InlineData("electra-seqcls", "classifier.dense", "classifier.out_proj", "gelu", TextHead.SequenceClassification)]
    [InlineData("mpnet-model", "classifier.dense", "classifier.out_proj", "tanh", TextHead.SequenceClassification)]
    [InlineData("bert-model", "bert.pooler.dense", "classifier", "tanh", TextHead.MultipleChoice)]
    [InlineData("distilbert-seqcls", "pre_classifier", "classifier", "relu", TextHead.MultipleChoice)]
    [InlineData("roberta-seqcls", "roberta.pooler.dense", "classifier", "tanh", TextHead.MultipleChoice)]
    [InlineData("albert-seqcls", "albert.pooler", "classifier", "tanh", TextHead.MultipleChoice)]
    [InlineData("electra-seqcls", "sequence_summary.summary", "classifier", "gelu", TextHead.MultipleChoice)]
    [InlineData("mpnet-model", "mpnet.pooler.dense", "classifier", "tanh", TextHead.MultipleChoice)]
    public void Sequences_are_told_by_their_first_token(string golden, string dense, string output, string activation, TextHead head)
    {
        using var model = Drawn(golden, head);
        Compare(golden, model, (states, of) =>
        {
            var first = states.Slice(1, 0, 1).Reshape([Texts.Length, states.Shape[2]]);
            return Activation.Find(activation)!.Apply(first.Linear(of($"{dense}.weight"), of($"{dense}.bias"))).Linear(of($"{output}.weight"), of($"{output}.bias"));
        });
    }

    [Fact]
    public void Replaced_tokens_are_told_by_two_layers_and_padding_does_not_count()
    {
        using var model = Drawn("electra-seqcls", TextHead.ReplacedTokenDetection);
        Assert.Equal("ElectraForPreTraining", model.Name);
        const string Key = "discriminator_predictions.dense";
        Compare("electra-seqcls", model, (states, of) => states.Linear(of($"{Key}.weight"), of($"{Key}.bias")).Gelu()
            .Linear(of($"{Key}_prediction.weight"), of($"{Key}_prediction.bias")).Reshape([Texts.Length, 7]));

        using var pass = Pass.Train(device);
        var outputs = model.Forward(pass, model.Pad(Texts));
        float[] logits = outputs["logits"].Value.ToArray();
        int[] labels = [.. Enumerable.Range(0, 28).Select(place => place % 7 >= Texts[place / 7].Length ? TextTargets.Ignored : place % 3 == 0 ? 1 : 0)];
        double expected = labels.Zip(logits).Where(pair => pair.First >= 0).Average(pair => Math.Log(1 + Math.Exp(pair.Second)) - pair.First * pair.Second);
        var loss = model.Loss(outputs, new TextTargets { Labels = labels });
        Assert.Equal(expected, loss.Value.ToArray()[0], 1e-6);
        Assert.NotNull(pass.Backward(loss).Of(model.Parameters().First()));
        labels[0] = 2;
        Assert.Contains("the label 2", Assert.Throws<ArgumentException>(() => model.Loss(outputs, new TextTargets { Labels = labels })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Choices_of_an_example_compete_with_one_another()
    {
        using var model = Drawn("bert-model", TextHead.MultipleChoice);
        using var pass = Pass.Infer(device);
        var outputs = model.Forward(pass, model.Pad(Texts));
        Assert.Equal([4, 1], outputs["logits"].Shape.ToArray());
        float[] scores = outputs["logits"].Value.ToArray();
        double expected = (Nats(scores[..2], 1) + Nats(scores[2..], 0)) / 2;
        Assert.Equal(expected, model.Loss(outputs, new TextTargets { Labels = [1, 0] }).Value.ToArray()[0], 1e-6);
        Assert.Contains("4 sequences are not as many choices for each of 3", Assert.Throws<ArgumentException>(
            () => model.Loss(outputs, new TextTargets { Labels = [1, 0, 0] })).Message, StringComparison.Ordinal);

        static double Nats(float[] row, int own) => Math.Log(row.Sum(score => Math.Exp(score))) - row[own];
    }

    [Fact]
    public void A_problem_type_decides_how_a_classifier_learns()
    {
        using var model = Drawn("bert-model", TextHead.SequenceClassification);
        using var pass = Pass.Infer(device);
        var outputs = model.Forward(pass, model.Pad(Texts));
        var values = new TextTargets { Values = [.. Enumerable.Range(0, 12).Select(number => number % 2f)] };
        float guessed = Loss();
        model.ProblemType = "multi_label_classification";
        Assert.Equal(guessed, Loss());
        model.ProblemType = "regression";
        Assert.NotEqual(guessed, Loss());
        Assert.Contains("\"regression\"", System.Text.Encoding.UTF8.GetString(model.ConfigFor(["a", "b", "c"]).Format()), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => model.ProblemType = "guessing");

        float Loss() => model.Loss(outputs, values).Value.ToArray()[0];
    }

    /// <summary>A model of the golden's sizes whose parameters are all drawn, biases and norms too.</summary>
    private static TextModel Drawn(string golden, TextHead head)
    {
        var model = PretrainedModel.Create(JsonFile.Read(RealData.Require($"hf-goldens/{golden}/config.json")), head, ["a", "b", "c"], seed: 8);
        model.ChangeWeights(() =>
        {
            foreach (var parameter in model.Parameters())
            {
                var numbers = new float[parameter.Shape.ElementCount];
                new RandomStream(9, parameter.Name).FillNormal(numbers, parameter.Name.Contains("orm.weight", StringComparison.Ordinal) ? 1f : 0f, 0.2f);
                parameter.Value.CopyFrom(numbers);
            }
        });
        return model;
    }

    private void Compare(string golden, TextModel model, Func<Variable, Func<string, Variable>, Variable> head)
    {
        folder.Write("config.json", File.ReadAllBytes(RealData.Require($"hf-goldens/{golden}/config.json")));
        model.Save(folder.At("model.safetensors"));
        using var bare = PretrainedModel.Open(folder.Path, TextHead.None).Model;
        using var pass = Pass.Infer(device);
        var batch = model.Pad(Texts);
        var named = model.Parameters().ToDictionary(parameter => parameter.Name);
        var expected = head(bare.Forward(pass, batch)["last_hidden_state"], key => pass.Of(named[key]));
        var actual = model.Forward(pass, batch)["logits"];
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.InRange(Berts.LargestDifference(actual.Value.ToArray(), expected.Value.ToArray()), 0, 1e-5);
        Assert.True(expected.Value.ToArray().Max(Math.Abs) > 0.01f);
    }
}
