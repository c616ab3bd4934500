// A network of one's own, from outside the library: an own layer, an own op, an own loss and an own optimiser rule, trained on MNIST
// arrays, partly frozen, saved and loaded again.
//
//     dotnet run -c Release --project samples/OwnNetwork [-- mnist-train.npz mnist-test.npz]
using System.Globalization;
using Graft.Autograd;
using Graft.Models;
using Graft.Samples.OwnNetwork;
using Graft.Tensors;
using Graft.Transfer;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Digits training = args.Length > 0 ? Digits.Read(args[0]) : Digits.Draw(4000, seed: 1);
Digits test = args.Length > 1 ? Digits.Read(args[1]) : Digits.Draw(1000, seed: 2);

using var network = new DigitNetwork { Seed = 3 };
Console.WriteLine($"{network}, {training.Count} digits to learn from, {test.Count} to be tested on");
Console.WriteLine($"untrained: {Accuracy(network):p1}");

// everything learns, with the rule in Signum.cs and the loss in FocalLoss.cs
var groups = new ParameterGroups(network);
groups.Rates(head: 2e-3);
using (var signum = Optimiser.Of(groups, step => new Signum(step.Rate, step.WeightDecay), weightDecay: 0.1))
{
    var report = new Trainer(signum, Device.Cpu).Fit(new DigitBatches(network, training, batchSize: 50), epochs: 3, Schedule.Cosine());
    foreach (var epoch in report.Epochs) Console.WriteLine($"epoch {epoch.Epoch}: loss {epoch.Loss:0.0000}, {epoch.Seconds:0.0} s");
    Console.WriteLine($"trained: {Accuracy(network):p1}");
}

// what is frozen keeps its numbers bit by bit, the running statistics of its norms included
groups.FreezeBelow("head");
float[] before = Frozen();
using (var sgd = Optimiser.Sgd(groups))
{
    groups.Rates(head: 0.05);
    new Trainer(sgd, Device.Cpu).Fit(new DigitBatches(network, training, batchSize: 50), epochs: 1);
    Console.WriteLine($"head trained on, the rest frozen: {Accuracy(network):p1}; frozen numbers changed: {before.Zip(Frozen()).Count(pair => pair.First != pair.Second)}");
}

// the intermediate outputs are at hand by their stages' names
using (var pass = Pass.Infer(Device.Cpu))
    Console.WriteLine($"feature map of 'body': {network.FeatureMaps(pass.Constant(test.Images([0])), "body")["body"].Shape}");

string file = Path.Combine(Path.GetTempPath(), $"digit-network-{Environment.ProcessId}.safetensors");
network.Save(file);
using var loaded = new DigitNetwork();
using (var checkpoint = Checkpoint.Open(file)) Console.WriteLine($"saved and loaded: {loaded.Load(checkpoint).Summary}");
File.Delete(file);
Console.WriteLine($"loaded: {Accuracy(loaded):p1}, the same answers: {Answers(loaded).SequenceEqual(Answers(network))}");

double Accuracy(ImageModel model) => Answers(model).Zip(test.Labels).Count(pair => pair.First == pair.Second) / (double)test.Count;

// a recorded pass is run again and again without allocating; its bits are those of model.Forward
int[] Answers(ImageModel model)
{
    const int Batch = 100;
    using var captured = model.Capture(Device.Cpu, [Batch, 1, Digits.Side, Digits.Side]);
    var logits = new float[Batch * 10];
    var answers = new int[test.Count / Batch * Batch];
    for (int start = 0; start < answers.Length; start += Batch)
    {
        using var images = test.Images([.. Enumerable.Range(start, Batch)]);
        captured.Run(images, logits);
        for (int row = 0; row < Batch; row++)
        {
            float[] scores = logits[(row * 10)..(row * 10 + 10)];
            answers[start + row] = Array.IndexOf(scores, scores.Max());
        }
    }
    return answers;
}

float[] Frozen() =>
[
    .. network.Parameters().Concat(network.Buffers()).Where(tensor => !tensor.Name.StartsWith("head", StringComparison.Ordinal))
        .SelectMany(tensor => tensor.Value.ToArray()),
];
