using Graft.Tensors;
using Graft.Testing;

namespace Graft.Models.Tests;

/// <summary>Every tensor of the file and every tensor of the model is on one line of the receipt.</summary>
public class ReceiptTests
{
    private static readonly string Published = "cifar-resnet/resnet20-12fca82f.th";

    [Fact]
    public void A_receipt_accounts_for_everything_once()
    {
        var (model, receipt, checkpoint) = Load(RealData.Require(Published));
        using (checkpoint)
        {
            Complete(model, receipt, checkpoint);
            Assert.Equal("pytorch-legacy", receipt.Format);
            // the file is of a time before the counters
            Assert.Equal(19, receipt.Lines.Count(line => line.Outcome == ImportOutcome.New && line.InModel!.EndsWith("num_batches_tracked", StringComparison.Ordinal)));
            Assert.All(receipt.Lines.Where(line => line.InFile is not null), line => Assert.Equal(ImportOutcome.LoadedUnderRule, line.Outcome));
            Assert.Contains(receipt.Summary(), part => part.Rule.Contains("'module.'", StringComparison.Ordinal) && part.Count == 97);
        }
    }

    [Fact]
    public void A_new_head_another_head_and_neighbours_are_said()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "mixed.safetensors");
        using var source = ModelRegistry.Create("cifar-resnet20", classes: 7);
        source.Save(path);
        using var model = ModelRegistry.Create("cifar-resnet20", classes: 10);
        using var checkpoint = Checkpoint.Open(path);
        var receipt = model.Load(checkpoint, replaceHead: true).Receipt!;
        Complete(model, receipt, checkpoint);
        Assert.Equal(2, receipt.Lines.Count(line => line.Outcome == ImportOutcome.New && line.Rule.StartsWith("the head, to be trained; the file's is [7", StringComparison.Ordinal)));
        Assert.Equal(2, receipt.Lines.Count(line => line is { Outcome: ImportOutcome.Ignored, Rule: "a head of another size" }));
    }

    [Fact]
    public void Another_type_is_a_rule()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "types.safetensors");
        using var model = ModelRegistry.Create("cifar-resnet20");
        SafetensorsWriter.Write(path, model.Parameters().Concat(model.Buffers()).Select(tensor => TensorEntry.From(tensor.Name, tensor.Value))
            .Append(TensorEntry.From("bn1.num_batches_tracked", [], new long[] { 5 })).Append(TensorEntry.From("epoch", [], new long[] { 3 })));
        using var checkpoint = Checkpoint.Open(path);
        var receipt = model.Load(checkpoint).Receipt!;
        Complete(model, receipt, checkpoint);
        Assert.Contains(receipt.Lines, line => line is { InFile: "bn1.num_batches_tracked", InModel: "bn1.num_batches_tracked", Outcome: ImportOutcome.Loaded });
        Assert.Contains(receipt.Lines, line => line is { InFile: "epoch", Outcome: ImportOutcome.Ignored, Rule: "a number beside the weights" });
    }

    [Fact]
    public void A_missing_tensor_and_a_swap_of_shapes_are_errors()
    {
        using var folder = new TemporaryFolder();
        using var model = ModelRegistry.Create("cifar-resnet20");
        TensorEntry[] all = [.. model.Parameters().Concat(model.Buffers()).Select(tensor => TensorEntry.From(tensor.Name, tensor.Value))];

        string missing = Path.Combine(folder.Path, "missing.safetensors");
        SafetensorsWriter.Write(missing, all.Where(entry => entry.Key != "layer2.1.conv1.weight"));
        Refused(missing, "1 missing: layer2.1.conv1.weight");

        string swapped = Path.Combine(folder.Path, "swapped.safetensors");
        Tensor<float> narrow = model.Parameters().Single(parameter => parameter.Name == "layer2.0.conv1.weight").Value;
        Tensor<float> wide = model.Parameters().Single(parameter => parameter.Name == "layer3.0.conv1.weight").Value;
        SafetensorsWriter.Write(swapped, all.Select(entry => entry.Key switch
        {
            "layer2.0.conv1.weight" => TensorEntry.From(entry.Key, wide),
            "layer3.0.conv1.weight" => TensorEntry.From(entry.Key, narrow),
            _ => entry,
        }));
        Refused(swapped, "2 of another shape");

        void Refused(string path, string expected)
        {
            using var checkpoint = Checkpoint.Open(path);
            Assert.Contains(expected, Assert.Throws<CheckpointException>(() => model.Load(checkpoint)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_receipt_is_read_as_it_was_written()
    {
        using var folder = new TemporaryFolder();
        var (_, receipt, checkpoint) = Load(RealData.Require(Published));
        checkpoint.Dispose();
        string path = Path.Combine(folder.Path, ImportReceipt.FileName);
        JsonFile.Write(path, receipt.Write);
        var read = ImportReceipt.Read(path);
        Assert.Equal(receipt.Lines, read.Lines);
        Assert.Equal((receipt.Source, receipt.Format, receipt.Model), (read.Source, read.Format, read.Model));
        File.WriteAllText(path, File.ReadAllText(path).Replace("loaded under a rule", "lost", StringComparison.Ordinal));
        Assert.Contains("'outcome' is 'lost'", Assert.Throws<CheckpointException>(() => ImportReceipt.Read(path)).Message, StringComparison.Ordinal);
    }

    private static (ImageModel Model, ImportReceipt Receipt, Checkpoint Checkpoint) Load(string path)
    {
        var model = ModelRegistry.Create("cifar-resnet20");
        var checkpoint = Checkpoint.Open(path);
        return (model, model.Load(checkpoint).Receipt!, checkpoint);
    }

    private static void Complete(ImageModel model, ImportReceipt receipt, Checkpoint checkpoint)
    {
        Assert.Equal(
            checkpoint.Tensors.Select(tensor => tensor.FilePath).Order(StringComparer.Ordinal),
            receipt.Lines.Select(line => line.InFile).OfType<string>().Order(StringComparer.Ordinal));
        Assert.Equal(
            model.Parameters().Concat(model.Buffers()).Select(tensor => tensor.Name).Concat(model.Counters().Select(counter => counter.Name)).Order(StringComparer.Ordinal),
            receipt.Lines.Select(line => line.InModel).OfType<string>().Order(StringComparer.Ordinal));
    }
}
