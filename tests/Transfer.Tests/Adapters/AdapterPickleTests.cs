using System.Text;
using Graft.Models;

namespace Graft.Transfer.Tests;

/// <summary>The file of earlier years: a pickle that PyTorch wrote.</summary>
public sealed class AdapterPickleTests : IDisposable
{
    private const string Small = """
        {
            "architectures": ["BertForSequenceClassification"], "vocab_size": 20, "hidden_size": 16, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 32, "max_position_embeddings": 10
        }
        """;

    // what Golden/adapter_pickle.py prints
    private const string Pickle = """
        UEsDBAAACAgAAAAAAAAAAAAAAAAAAAAAAAAQABIAYXJjaGl2ZS9kYXRhLnBrbEZCDgBaWlpaWlpaWlpaWlpaWoACY2NvbGxlY3Rpb25zCk9yZGVyZWREaWN0CnEAKVJxAShYSAAAAGJhc2VfbW9kZWwubW9kZWwu
        YmVydC5lbmNvZGVyLmxheWVyLjAuYXR0ZW50aW9uLnNlbGYucXVlcnkubG9yYV9BLndlaWdodHECY3RvcmNoLl91dGlscwpfcmVidWlsZF90ZW5zb3JfdjIKcQMoKFgHAAAAc3RvcmFnZXEEY3RvcmNoCkZsb2F0
        U3RvcmFnZQpxBVgBAAAAMHEGWAMAAABjcHVxB0sgdHEIUUsASwJLEIZxCUsQSwGGcQqJaAApUnELdHEMUnENWEgAAABiYXNlX21vZGVsLm1vZGVsLmJlcnQuZW5jb2Rlci5sYXllci4wLmF0dGVudGlvbi5zZWxm
        LnF1ZXJ5LmxvcmFfQi53ZWlnaHRxDmgDKChoBGgFWAEAAAAxcQ9oB0sgdHEQUUsASxBLAoZxEUsCSwGGcRKJaAApUnETdHEUUnEVdS5QSwcISjb3hnUBAAB1AQAAUEsDBAAACAgAAAAAAAAAAAAAAAAAAAAAAAAO
        AA8AYXJjaGl2ZS9kYXRhLzBGQgsAWlpaWlpaWlpaWlqkalc/v919PyjrLD98UCo9uKIcv2o/er8WKmK/w2y/vlmCnz43tlk/lUZ9P1q4KT/V9co8oQQgv6Mee7+iHWC/1Gm3vruqpz4H8ls/Fp18P0R5Jj8DeAI8
        9lojv6/re7/2AF6/n1mvvvnGrz7sHV4/T+F7PyEuIz8VBRG8d6Umv1BLBwiGNp3ogAAAAIAAAABQSwMEAAAICAAAAAAAAAAAAAAAAAAAAAAAAA4ABABhcmNoaXZlL2RhdGEvMUZCAAC3x2g/idHaPknWgr6celG/
        pQR/v0qeNL/HKqq9oRQUP5XJdz+89GY/MgHTPjUki75v7FO/AJt+v9yKMb/G04e9IZIXP3zVeD8JEWU/lSHLPhBok77sTla/7R5+v5RqLr/i5Uq9qQQbP2DPeT/BHGM/RDPDPkChm77noVi/dpB9v1BLBwgV/reJ
        gAAAAIAAAABQSwMEAAAICAAAAAAAAAAAAAAAAAAAAAAAAA8AQwBhcmNoaXZlL3ZlcnNpb25GQj8AWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpa
        MwpQSwcI0Z5nVQIAAAACAAAAUEsBAgAAAAAICAAAAAAAAEo294Z1AQAAdQEAABAAAAAAAAAAAAAAAAAAAAAAAGFyY2hpdmUvZGF0YS5wa2xQSwECAAAAAAgIAAAAAAAAhjad6IAAAACAAAAADgAAAAAAAAAAAAAA
        AADFAQAAYXJjaGl2ZS9kYXRhLzBQSwECAAAAAAgIAAAAAAAAFf63iYAAAACAAAAADgAAAAAAAAAAAAAAAACQAgAAYXJjaGl2ZS9kYXRhLzFQSwECAAAAAAgIAAAAAAAA0Z5nVQIAAAACAAAADwAAAAAAAAAAAAAA
        AABQAwAAYXJjaGl2ZS92ZXJzaW9uUEsGBiwAAAAAAAAAHgMtAAAAAAAAAAAABAAAAAAAAAAEAAAAAAAAAPMAAAAAAAAA0gMAAAAAAABQSwYHAAAAAMUEAAAAAAAAAQAAAFBLBQYAAAAABAAEAPMAAADSAwAAAAA=
        """;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("graft-adapters-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void A_pickle_is_read()
    {
        File.WriteAllText(Path.Combine(folder.FullName, "adapter_config.json"), """{"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["query"]}""");
        File.WriteAllBytes(Path.Combine(folder.FullName, "adapter_model.bin"), Convert.FromBase64String(Pickle));
        using var model = PretrainedModel.Create(JsonFile.Parse(Encoding.UTF8.GetBytes(Small), "config.json"), seed: 1);
        Adapters.Load(model, folder.FullName);
        foreach (var (stream, name) in new[] { (1, "A"), (2, "B") })
        {
            float[] numbers = model.Parameters().Single(parameter => parameter.Name.EndsWith($"lora_{name}.weight", StringComparison.Ordinal)).Value.ToArray();
            foreach (var (expected, actual) in AdapterNumbers.Of(stream, 32).Zip(numbers)) Assert.Equal(expected, actual, 1e-6f);
        }
    }
}
