"""A device with the client of the Eclipse project: publishes at every QoS, and asks once with a response topic (version 5)."""
import queue
import sys

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

port = int(sys.argv[1])
answers = queue.Queue()
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="paho", protocol=mqtt.MQTTv5)
client.on_message = lambda _client, _data, message: answers.put(message)
client.connect("127.0.0.1", port)
client.loop_start()
client.subscribe("paho/answers", qos=1)
for qos in (0, 1, 2):
    client.publish("dev/paho/%d" % qos, '{"qos": %d}' % qos, qos=qos).wait_for_publish(10)
asked = Properties(PacketTypes.PUBLISH)
asked.ResponseTopic = "paho/answers"
asked.CorrelationData = b"\x00\xff7"
client.publish("dev/paho/ask", '{"ask": true}', qos=1, properties=asked).wait_for_publish(10)
answer = answers.get(timeout=20)
assert answer.properties.CorrelationData == b"\x00\xff7", answer.properties
print(answer.payload.decode())
client.disconnect()
client.loop_stop()
